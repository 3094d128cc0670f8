package io.fairlead.proxy;

import static io.fairlead.proxy.TlsFront.CLIENT;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.ApiKeys;
import io.fairlead.traffic.AuthorizationRule;
import io.fairlead.traffic.HeaderChanges;
import io.fairlead.traffic.HttpFilter.Rbac;
import io.fairlead.traffic.HttpFilter.Rbac.Action;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.StringMatch;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Who may do what, from the certificate or the key to the answer. */
@ExtendWith(LeakCheck.class)
class AccessIT {
  private static final String GET = "GET /read HTTP/1.1\r\nHost: h\r\n\r\n";
  private static final String PUT = "PUT /write HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n";
  private final Front front = new Front(DataPlaneSettings.of("test", "test").withEventLoops(1));

  @AfterEach
  void stop() {
    front.close();
  }

  private static Rbac filter(Action action, String principal, String method) {
    return new Rbac(
        action,
        List.of(
            new AuthorizationRule(
                "policy",
                List.of(StringMatch.pattern(principal)),
                List.of(StringMatch.pattern(method)),
                List.of())));
  }

  @Test
  void callerIsKnownByItsCertificate() throws IOException {
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(TlsFront.inbound(upstream, filter(Action.ALLOW, "*/sa/cart", "GET")));
      try (var cart = TlsFront.connect(front, CLIENT);
          var payment = TlsFront.connect(front, TlsFront.SERVER)) {
        assertThat(cart.send(GET).readMessage()).endsWith("hello");
        assertThat(cart.send(PUT).readMessage())
            .startsWith("HTTP/1.1 403")
            .contains("x-fairlead-reason: forbidden", TlsFront.CALLER);
        assertThat(cart.send(GET).readMessage()).endsWith("hello");
        assertThat(payment.send(GET).readMessage()).startsWith("HTTP/1.1 403");
      }
      assertThat(upstream.heads()).hasSize(2);
    }
  }

  @Test
  void denialCountsBeforePermissionInAnyOrder() throws IOException {
    Rbac allow = filter(Action.ALLOW, "*", "*");
    Rbac deny = filter(Action.DENY, "*/sa/cart", "PUT");
    try (var upstream = RawUpstream.ok("hello")) {
      for (Rbac[] order : new Rbac[][] {{allow, deny}, {deny, allow}}) {
        front.apply(TlsFront.inbound(upstream, order));
        try (var client = TlsFront.connect(front, CLIENT)) {
          assertThat(client.send(GET).readMessage()).endsWith("hello");
          assertThat(client.send(PUT).readMessage())
              .startsWith("HTTP/1.1 403")
              .contains("denied by policy");
        }
      }
    }
  }

  @Test
  void rulesChangeUnderOpenConnections() throws IOException {
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(TlsFront.inbound(upstream));
      try (var client = TlsFront.connect(front, CLIENT)) {
        assertThat(client.send(GET).readMessage()).endsWith("hello");
        front.apply(TlsFront.inbound(upstream, new Rbac(Action.ALLOW, List.of())));
        assertThat(client.send(GET).readMessage())
            .startsWith("HTTP/1.1 403")
            .contains("no rule allows it");
        front.apply(TlsFront.inbound(upstream, filter(Action.ALLOW, "*", "*")));
        assertThat(client.send(GET).readMessage()).endsWith("hello");
      }
    }
  }

  @Test
  void callerWithoutCertificateHasNoIdentity() throws IOException {
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(
          Model.snapshot(
              Model.listener("front", "routes", filter(Action.ALLOW, "*", "*")),
              Model.table("routes", Model.route("all", "/", RouteAction.Forward.to("backend"))),
              Model.cluster("backend", ResilienceSettings.none(), upstream.address())));
      try (var client = front.client()) {
        assertThat(client.send(GET).readMessage())
            .startsWith("HTTP/1.1 403")
            .contains("for a caller without identity");
      }
    }
  }

  @Test
  void keyOpensItsRouteAndGoesNoFurther() throws Exception {
    try (var upstream = RawUpstream.ok("hello")) {
      Route closed =
          new Route(
              "closed",
              Route.Match.path(new Route.PathMatch.Prefix("/read")),
              RouteAction.Forward.to("backend"),
              HeaderChanges.NONE,
              HeaderChanges.NONE,
              ResilienceSettings.none(),
              Optional.of(new ApiKeys("x-api-key", List.of(hashed("web", "s3cret")))));
      Route open = Model.route("open", "/", RouteAction.Forward.to("backend"));
      front.apply(
          Model.snapshot(
              Model.listener("front", "routes"),
              Model.table("routes", closed, open),
              Model.cluster("backend", ResilienceSettings.none(), upstream.address())));
      try (var client = front.client()) {
        assertUnauthorized(client.send(GET).readMessage(), "a key is needed");
        for (String wrong : new String[] {"s3cre", "s3cret2", "S3CRET", ""}) {
          assertUnauthorized(client.send(with(wrong)).readMessage(), "unknown key");
        }
        assertThat(client.send(with("s3cret")).readMessage()).endsWith("hello");
        assertThat(client.send(PUT).readMessage()).endsWith("hello");
      }
      assertThat(upstream.heads()).containsExactly(GET, PUT);
    }
  }

  private static void assertUnauthorized(String answer, String message) {
    assertThat(answer)
        .startsWith("HTTP/1.1 401")
        .contains("x-fairlead-reason: unauthorized", message)
        .doesNotContain("s3cre");
  }

  private static String with(String key) {
    return GET.replace("\r\n\r\n", "\r\nX-Api-Key: " + key + "\r\n\r\n");
  }

  private static ApiKeys.HashedKey hashed(String client, String key)
      throws NoSuchAlgorithmException {
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(key.getBytes(US_ASCII));
    return new ApiKeys.HashedKey(client, HexFormat.of().formatHex(hash));
  }
}
