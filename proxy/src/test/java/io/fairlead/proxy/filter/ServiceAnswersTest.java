package io.fairlead.proxy.filter;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.proxy.grpc.ProtoException;
import io.fairlead.proxy.grpc.ProtoWriter;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Answers of services that are asked about requests, right ones and wrong ones. */
class ServiceAnswersTest {
  private static Consumer<ProtoWriter> option(String name, String value) {
    return option -> option.message(1, header -> header.text(1, name).text(2, value));
  }

  private static byte[] consent(Consumer<ProtoWriter> ok) {
    return new ProtoWriter().message(1, status -> {}).message(3, ok).toBytes();
  }

  @Test
  void consentIsRead() {
    byte[] message =
        consent(
            ok ->
                ok.message(2, option("X-User", "ann"))
                    .message(2, o -> option("X-Team", "red").andThen(a -> appended(a)).accept(o))
                    .text(5, "X-Gone")
                    .message(6, option("X-Told", "yes")));
    assertThat(CheckResponse.decision(message))
        .isEqualTo(
            new Decision.Allowed(
                java.util.List.of("x-user", "x-gone"),
                "x-user: ann\r\nx-team: red\r\n",
                "x-told: yes\r\n"));
  }

  private static void appended(ProtoWriter option) {
    option.message(2, flag -> flag.yes(1));
  }

  @Test
  void whatNoServiceMayDoMeansNothing() {
    for (String name : new String[] {"Host", "te", "Content-Length", ":path", "a b", ""}) {
      assertThat(CheckResponse.decision(consent(ok -> ok.message(2, option(name, "x")))))
          .as(name)
          .isEqualTo(new Decision.Silent());
      assertThat(CheckResponse.decision(consent(ok -> ok.text(5, name))))
          .as(name)
          .isInstanceOf(name.isEmpty() ? Decision.Allowed.class : Decision.Silent.class);
    }
    for (String value : new String[] {"a\r\nb: c", "a\nb", "\u0000", "\u4e2d"}) {
      assertThat(CheckResponse.decision(consent(ok -> ok.message(6, option("x", value)))))
          .isEqualTo(new Decision.Silent());
    }
  }

  @Test
  void limitsAreRead() throws ProtoException {
    byte[] message =
        new ProtoWriter()
            .number(1, 2)
            .message(
                2,
                status ->
                    status
                        .number(1, 2)
                        .message(2, limit -> limit.number(1, 5).number(2, 2))
                        .message(4, reset -> reset.number(1, 30)))
            .message(3, header -> header.text(1, "X-A").text(2, "b"))
            .message(3, header -> header.text(1, "content-length").text(2, "7"))
            .toBytes();
    LimitAnswer answer = LimitAnswer.of(message);
    assertThat(answer.verdict()).isEqualTo(LimitAnswer.Verdict.OVER_LIMIT);
    assertThat(answer.fields())
        .containsExactly(
            "x-a: b",
            "x-ratelimit-limit: 5, 5;w=60",
            "x-ratelimit-remaining: 0",
            "x-ratelimit-reset: 30");
    assertThat(LimitAnswer.of(new byte[0]).verdict()).isEqualTo(LimitAnswer.Verdict.UNKNOWN);
  }

  /** Whatever comes, nothing but a decision comes of it, and no line of it is more than one. */
  @Test
  void mutilatedAnswersDoNoHarm() {
    Random random = new Random(3);
    byte[] whole =
        consent(
            ok ->
                ok.message(2, option("x-user", "ann"))
                    .text(5, "x-gone")
                    .message(6, option("x-told", "yes")));
    byte[] denied =
        new ProtoWriter()
            .message(1, status -> status.number(1, 7))
            .message(
                2,
                no ->
                    no.message(1, status -> status.number(1, 402))
                        .message(2, option("x-why", "because"))
                        .text(3, "no"))
            .toBytes();
    for (int i = 0; i < 30_000; i++) {
      byte[] octets = (i % 2 == 0 ? whole : denied).clone();
      for (int changes = random.nextInt(4); changes >= 0; changes--) {
        octets[random.nextInt(octets.length)] = (byte) random.nextInt(256);
      }
      switch (CheckResponse.decision(octets)) {
        case Decision.Allowed allowed ->
            assertThat((allowed.added() + allowed.answered()).split("\r\n", -1))
                .allMatch(line -> line.isEmpty() || line.matches("[^\\r\\n:]+: [^\\r\\n]*"));
        case Decision.Denied(var reply) ->
            assertThat(reply.fields()).allMatch(line -> line.matches("[^\\r\\n:]+: [^\\r\\n]*"));
        case Decision.Silent silent -> assertThat(silent).isNotNull();
      }
    }
  }
}
