package io.fairlead.proxy.exchange;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.proxy.exchange.CallDeadline.Form;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CallDeadlineTest {
  private static long parse(Form form, String text) {
    byte[] octets = ("--" + text + "--").getBytes(US_ASCII);
    return form.parse(octets, 2, 2 + text.length());
  }

  @Test
  void everyUnitIsKnown() {
    assertThat(parse(Form.GRPC, "7n")).isEqualTo(7);
    assertThat(parse(Form.GRPC, "7u")).isEqualTo(7_000);
    assertThat(parse(Form.GRPC, "007m")).isEqualTo(7_000_000);
    assertThat(parse(Form.GRPC, "7S")).isEqualTo(TimeUnit.SECONDS.toNanos(7));
    assertThat(parse(Form.GRPC, "7M")).isEqualTo(TimeUnit.MINUTES.toNanos(7));
    assertThat(parse(Form.GRPC, "7H")).isEqualTo(TimeUnit.HOURS.toNanos(7));
    assertThat(parse(Form.GRPC, "99999999H")).isEqualTo(TimeUnit.DAYS.toNanos(30));
    assertThat(parse(Form.ENVOY, "1500")).isEqualTo(TimeUnit.MILLISECONDS.toNanos(1_500));
  }

  @Test
  void whatIsNoTimeIsNoTime() {
    for (String text :
        new String[] {"", "n", "5", "5s", "123456789n", "-1n", "1 n", "1.5S", "n5"}) {
      assertThat(parse(Form.GRPC, text)).as(text).isEqualTo(-1);
    }
    for (String text : new String[] {"", "5m", "-5", "12345678901"}) {
      assertThat(parse(Form.ENVOY, text)).as(text).isEqualTo(-1);
    }
  }

  /** What is told is never more than what is left, and less by a thousandth at most. */
  @Test
  void whatIsWrittenIsReadAgain() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    for (int i = 0; i < 10_000; i++) {
      long nanos = random.nextLong(TimeUnit.DAYS.toNanos(30)) >> random.nextInt(50);
      byte[] value = Form.GRPC.value(nanos);
      assertThat(value).hasSize(9);
      assertThat(Form.GRPC.parse(value, 0, value.length)).isBetween(nanos - nanos / 1_000, nanos);
    }
    assertThat(new String(Form.GRPC.value(-1), US_ASCII)).isEqualTo("00000000n");
    assertThat(new String(Form.ENVOY.value(1_999_999), US_ASCII)).isEqualTo("0000000001");
  }

  @Test
  void statusesAreFoundAmongTrailers() {
    assertThat(code("x: y\r\nGrpc-Status: 14\r\ngrpc-message: a\r\n"))
        .isEqualTo(GrpcCode.UNAVAILABLE);
    assertThat(code("grpc-status:0\r\n")).isEqualTo(GrpcCode.OK);
    assertThat(code("grpc-status: 17\r\n")).isEqualTo(GrpcCode.UNKNOWN);
    assertThat(code("grpc-status: 99999999999999\r\n")).isEqualTo(GrpcCode.UNKNOWN);
    assertThat(code("grpc-status: \r\n")).isEqualTo(GrpcCode.UNKNOWN);
    assertThat(code("grpc-status: x\r\n")).isEqualTo(GrpcCode.UNKNOWN);
    assertThat(code("grpc-statuses: 1\r\n")).isNull();
    assertThat(code("")).isNull();
  }

  private static @org.jspecify.annotations.Nullable GrpcCode code(String trailers) {
    return GrpcCode.of(trailers.getBytes(US_ASCII));
  }
}
