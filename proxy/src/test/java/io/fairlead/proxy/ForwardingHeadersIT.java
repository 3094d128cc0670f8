package io.fairlead.proxy;

import static io.fairlead.traffic.Route.ValueMatch.Sense.MATCHES;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.config.Cidr;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.AuthorizationRule;
import io.fairlead.traffic.AuthorizationRule.Clause;
import io.fairlead.traffic.ClientTrust;
import io.fairlead.traffic.ClientTrust.Underscores;
import io.fairlead.traffic.HttpFilter.Rbac;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.Listener.Role;
import io.fairlead.traffic.Snapshot;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
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

  private String gatewayHead(ClientTrust trust, String... fields) throws IOException {
    try (var upstream = RawUpstream.ok("hello")) {
      var plain = Model.plain(ResilienceSettings.none(), upstream.address());
      var first = plain.listeners().getFirst();
      var only =
          new Rbac(
              Rbac.Action.ALLOW,
              List.of(
                  new AuthorizationRule(
                      "client",
                      List.of(
                          new Clause.Address(
                              Clause.End.CLIENT, List.of(Cidr.parse("10.0.0.0/8")), MATCHES)))));
      var gateway =
          new Listener(
              first.name(),
              first.address(),
              Role.GATEWAY,
              first.tls(),
              trust.trustedHops() > 0 || !trust.trustedProxies().isEmpty()
                  ? List.of(only)
                  : List.of(),
              first.routeTable(),
              0,
              trust,
              Optional.empty());
      front.apply(
          new Snapshot(
              List.of(gateway), plain.routeTables(), plain.clusters(), List.of(), List.of()));
      try (var client = front.client()) {
        String answer =
            client
                .send("GET / HTTP/1.1\r\nHost: h\r\n" + String.join("", List.of(fields)) + "\r\n")
                .readMessage();
        return upstream.wholeHeads().isEmpty() ? answer : upstream.wholeHeads().getFirst();
      }
    }
  }

  private static ClientTrust hops(int hops) {
    return new ClientTrust(hops, List.of(), Underscores.ALLOW);
  }

  @Test
  void clientIsAsFarFromTheEndAsProxiesAreTrusted() throws IOException {
    String chain = "X-Forwarded-For: 10.1.1.1, 192.0.2.2\r\n";
    assertThat(gatewayHead(hops(2), chain, "X-Forwarded-Proto: https\r\n"))
        .contains("x-forwarded-for: 10.1.1.1, 192.0.2.2, 127.0.0.1\r\n", "Proto: https\r\n");
    assertThat(gatewayHead(hops(1), chain)).startsWith("HTTP/1.1 403");
    assertThat(gatewayHead(hops(3), chain)).startsWith("HTTP/1.1 403");
    assertThat(gatewayHead(hops(1), chain, "X-Forwarded-For: 10.3.3.3:99\r\n"))
        .contains("x-forwarded-for: 10.1.1.1, 192.0.2.2, 10.3.3.3:99, 127.0.0.1\r\n");
  }

  @Test
  void clientIsTheFirstThatIsNoTrustedProxy() throws IOException {
    var trust =
        new ClientTrust(
            0, List.of(Cidr.parse("127.0.0.0/8"), Cidr.parse("192.0.2.0/24")), Underscores.ALLOW);
    assertThat(gatewayHead(trust, "X-Forwarded-For: 203.0.113.9, 10.1.1.1, 192.0.2.2\r\n"))
        .startsWith("GET /");
    assertThat(gatewayHead(trust, "X-Forwarded-For: 10.1.1.1, 203.0.113.9, 192.0.2.2\r\n"))
        .startsWith("HTTP/1.1 403");
    var others = new ClientTrust(0, List.of(Cidr.parse("192.0.2.0/24")), Underscores.ALLOW);
    assertThat(gatewayHead(others, "X-Forwarded-For: 10.1.1.1\r\n")).startsWith("HTTP/1.1 403");
  }

  @Test
  void headersOfProxiesAreTakenFromStrangers() throws IOException {
    assertThat(
            gatewayHead(ClientTrust.NONE, "X-Envoy-Retry-On: 5xx\r\n", "x-fairlead-Reason: a\r\n"))
        .doesNotContainIgnoringCase("x-envoy")
        .doesNotContainIgnoringCase("x-fairlead");
    assertThat(gatewayHead(ClientTrust.NONE, "A_b: c\r\n")).contains("A_b: c\r\n");
    assertThat(gatewayHead(new ClientTrust(0, List.of(), Underscores.DROP), "A_b: c\r\n"))
        .startsWith("GET /")
        .doesNotContain("A_b");
    assertThat(gatewayHead(new ClientTrust(0, List.of(), Underscores.REFUSE), "A_b: c\r\n"))
        .startsWith("HTTP/1.1 400")
        .contains("a field name must not have an underscore here");
  }

  private static String id(String head) {
    int from = head.indexOf("x-request-id: ") + "x-request-id: ".length();
    return head.substring(from, head.indexOf('\r', from));
  }
}
