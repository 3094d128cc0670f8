package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.Listener.Role;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What each hop says of the ones before it. */
@ExtendWith(LeakCheck.class)
class ForwardingHeadersIT {
  private static final String UUID =
      "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";

  private final Front front = new Front();

  @AfterEach
  void stop() {
    front.close();
  }

  private String headThrough(Role role, String... fields) throws IOException {
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(Model.recorded(Model.plain(ResilienceSettings.none(), upstream.address()), role));
      try (var client = front.client()) {
        client
            .send("GET / HTTP/1.1\r\nHost: h\r\n" + String.join("", List.of(fields)) + "\r\n")
            .readMessage();
      }
      return upstream.wholeHeads().getFirst().toLowerCase(Locale.ROOT);
    }
  }

  @Test
  void gatewayBelievesNothingThatItsClientSaysOfItself() throws IOException {
    String head =
        headThrough(
            Role.GATEWAY,
            "X-Forwarded-For: 10.1.1.1\r\n",
            "X-Forwarded-Proto: https\r\n",
            "X-Forwarded-For: 10.2.2.2\r\n");
    assertThat(head)
        .contains("\r\nx-forwarded-for: 127.0.0.1\r\n", "\r\nx-forwarded-proto: http\r\n")
        .doesNotContain("10.1.1.1", "10.2.2.2", "https");
  }

  @ParameterizedTest
  @EnumSource(
      value = Role.class,
      names = {"INBOUND", "OUTBOUND"})
  void sidecarsPassOnWhatTheGatewaySaid(Role role) throws IOException {
    assertThat(headThrough(role, "X-Forwarded-For: 10.1.1.1\r\n", "X-Forwarded-Proto: https\r\n"))
        .contains("\r\nx-forwarded-for: 10.1.1.1\r\nx-forwarded-proto: https\r\n")
        .doesNotContain("127.0.0.1");
  }

  @ParameterizedTest
  @EnumSource(Role.class)
  void requestWithoutIdGetsARandomOne(Role role) throws IOException {
    String first = headThrough(role);
    String second = headThrough(role);
    assertThat(id(first)).matches(UUID).isNotEqualTo(id(second));
    assertThat(id(second)).matches(UUID);
  }

  @ParameterizedTest
  @EnumSource(Role.class)
  void requestKeepsItsId(Role role) throws IOException {
    assertThat(headThrough(role, "X-Request-Id: mine\r\n")).containsOnlyOnce("x-request-id: mine");
  }

  private static String id(String head) {
    int from = head.indexOf("x-request-id: ") + "x-request-id: ".length();
    return head.substring(from, head.indexOf('\r', from));
  }
}
