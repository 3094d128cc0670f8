package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.proxy.jwt.Signer;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.AuthorizationRule;
import io.fairlead.traffic.AuthorizationRule.Clause;
import io.fairlead.traffic.AuthorizationRule.Subject;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.HttpFilter;
import io.fairlead.traffic.HttpFilter.JwtAuthentication;
import io.fairlead.traffic.HttpFilter.Rbac;
import io.fairlead.traffic.JwtProvider;
import io.fairlead.traffic.JwtProvider.ClaimHeader;
import io.fairlead.traffic.JwtProvider.Forwarding;
import io.fairlead.traffic.JwtProvider.FromHeader;
import io.fairlead.traffic.JwtProvider.Keys;
import io.fairlead.traffic.Route.ValueMatch.Sense;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.StringMatch;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tokens from the request to the answer, with keys that stand there and keys that are fetched. */
@ExtendWith(LeakCheck.class)
class JwtIT {
  private static final Signer KEY = Signer.ed25519("one");
  private static final Signer NEXT = Signer.ed25519("two");
  private static final String ANN =
      "{\"iss\":\"idp\",\"sub\":\"ann\",\"groups\":[\"admin\",\"user\"],\"aud\":\"shop\"}";
  private final Front front = new Front(DataPlaneSettings.of("test", "test").withEventLoops(1));

  @AfterEach
  void stop() {
    front.close();
  }

  private static JwtProvider provider(Keys keys, Forwarding forwarding) {
    return new JwtProvider(
        "idp",
        List.of("shop"),
        keys,
        List.of(),
        List.of(),
        forwarding,
        List.of(new ClaimHeader("x-user", "sub")));
  }

  private static Keys inline() {
    return new Keys.Inline(Signer.set(KEY.jwk("")));
  }

  private static Keys remote(RawUpstream server) {
    HostPort address = server.address();
    return new Keys.Remote("http://" + address.host() + ":" + address.port() + "/keys");
  }

  private RawSocket client(RawUpstream upstream, HttpFilter... filters) throws IOException {
    apply(upstream, filters);
    return front.client();
  }

  private void apply(RawUpstream upstream, HttpFilter... filters) {
    front.apply(
        Model.snapshot(
            Model.listener("front", "routes", filters),
            Model.table("routes", Model.route("all", "/", RouteAction.Forward.to("backend"))),
            Model.cluster("backend", ResilienceSettings.none(), upstream.address())));
  }

  private static String get(String... fields) {
    return "GET / HTTP/1.1\r\nHost: h:80\r\n" + String.join("", fields) + "\r\n";
  }

  private static String bearer(String token) {
    return "Authorization: Bearer " + token + "\r\n";
  }

  @Test
  void validTokenPassesAndTellsWhoItIs() throws IOException {
    var filter = new JwtAuthentication(List.of(provider(inline(), Forwarding.TAKEN_OUT)));
    try (var upstream = RawUpstream.ok("ok");
        var client = client(upstream, filter)) {
      assertThat(client.send(get(bearer(KEY.token("EdDSA", ANN)), "X-User: bob\r\n")).readMessage())
          .endsWith("ok");
      assertThat(client.send(get("X-User: bob\r\n")).readMessage())
          .as("without a token a request passes, but says nothing of its user")
          .endsWith("ok");
      String param = get().replace("GET / ", "GET /?access_token=" + KEY.token("EdDSA", ANN) + " ");
      assertThat(client.send(param).readMessage()).endsWith("ok");
      assertThat(upstream.heads().get(0))
          .contains("x-user: ann\r\n")
          .doesNotContain("Bearer", "bob");
      assertThat(upstream.heads().get(1)).doesNotContain("x-user", "X-User");
      assertThat(upstream.heads().get(2)).contains("x-user: ann\r\n");
    }
  }

  @Test
  void tokenThatIsNotValidIsRefusedWithItsReason() throws IOException {
    var filter = new JwtAuthentication(List.of(provider(inline(), Forwarding.KEPT)));
    try (var upstream = RawUpstream.ok("ok");
        var client = client(upstream, filter)) {
      assertRefused(client, NEXT.token("EdDSA", ANN), "signature is not valid");
      assertRefused(client, KEY.token("EdDSA", ANN.replace("idp", "evil")), "issuer");
      assertRefused(client, KEY.token("EdDSA", ANN.replace("shop", "bank")), "audience");
      assertRefused(client, KEY.token("EdDSA", ANN.replace("{", "{\"exp\":1,")), "expired");
      assertRefused(client, "nonsense", "three parts");
      assertThat(upstream.heads()).isEmpty();
      assertThat(client.send(get(bearer(KEY.token("EdDSA", ANN)))).readMessage()).endsWith("ok");
      assertThat(upstream.heads().getFirst()).contains("Bearer ");
    }
  }

  private static void assertRefused(RawSocket client, String token, String message)
      throws IOException {
    assertThat(client.send(get(bearer(token))).readMessage())
        .startsWith("HTTP/1.1 401")
        .contains(
            "x-fairlead-reason: unauthorized",
            "www-authenticate: Bearer realm=\"h:80\", error=\"invalid_token\"",
            message);
  }

  @Test
  void rulesAreAboutClaims() throws IOException {
    var admins =
        new Rbac(
            Rbac.Action.ALLOW,
            List.of(
                new AuthorizationRule(
                    "admins",
                    List.of(
                        text(new Subject.RequestPrincipal(), "idp/ann"),
                        text(new Subject.Claim(List.of("groups")), "admin")))));
    var custom =
        new JwtProvider(
            "idp",
            List.of(),
            inline(),
            List.of(new FromHeader("x-token", "")),
            List.of(),
            Forwarding.TAKEN_OUT,
            List.of());
    try (var upstream = RawUpstream.ok("ok");
        var client = client(upstream, new JwtAuthentication(List.of(custom)), admins)) {
      assertThat(client.send(get()).readMessage()).startsWith("HTTP/1.1 403");
      assertThat(client.send(get("X-Token: " + KEY.token("EdDSA", ANN) + "\r\n")).readMessage())
          .endsWith("ok");
      String user = KEY.token("EdDSA", ANN.replace("\"admin\",", ""));
      assertThat(client.send(get("X-Token: " + user + "\r\n")).readMessage())
          .startsWith("HTTP/1.1 403");
      assertThat(client.send(get(bearer(KEY.token("EdDSA", ANN)))).readMessage())
          .as("no token where none is looked for")
          .startsWith("HTTP/1.1 403");
      assertThat(upstream.heads()).hasSize(1);
      assertThat(upstream.heads().getFirst()).doesNotContain("X-Token");
    }
  }

  private static Clause text(Subject subject, String value) {
    return new Clause.Text(subject, List.of(new StringMatch.Exact(value)), Sense.MATCHES);
  }

  @Test
  void keysAreFetchedOnceAndKeptAcrossConfigurations() throws IOException {
    try (var keys = RawUpstream.ok(Signer.set(KEY.jwk("")));
        var upstream = RawUpstream.ok("ok");
        var client =
            client(
                upstream,
                new JwtAuthentication(List.of(provider(remote(keys), Forwarding.KEPT))))) {
      String request = get(bearer(KEY.token("EdDSA", ANN)));
      client.send(request + request);
      assertThat(client.readMessage()).endsWith("ok");
      assertThat(client.readMessage()).endsWith("ok");
      assertRefused(client, NEXT.token("EdDSA", ANN), "signature is not valid");
      assertThat(keys.heads()).as("not for a key that came so soon after").hasSize(1);
      try (var other =
          client(
              upstream,
              new JwtAuthentication(List.of(provider(remote(keys), Forwarding.TAKEN_OUT))))) {
        assertThat(other.send(request).readMessage()).endsWith("ok");
      }
      assertThat(keys.heads()).hasSize(1);
    }
  }

  @Test
  void tokenThatWasValidIsRefusedOnceItsKeyOrItsAudienceIsGone() throws IOException {
    var filter = new JwtAuthentication(List.of(provider(inline(), Forwarding.TAKEN_OUT)));
    String token = KEY.token("EdDSA", ANN);
    try (var upstream = RawUpstream.ok("ok");
        var client = client(upstream, filter)) {
      for (int i = 0; i < 3; i++) {
        assertThat(client.send(get(bearer(token), "X-User: bob\r\n")).readMessage()).endsWith("ok");
      }
      assertThat(upstream.heads())
          .hasSize(3)
          .allSatisfy(head -> assertThat(head).contains("x-user: ann").doesNotContain("Bearer"));
      char last = token.charAt(token.length() - 1);
      String forged = token.substring(0, token.length() - 1) + (last == 'A' ? 'Q' : 'A');
      assertRefused(client, forged, "signature is not valid");

      apply(
          upstream,
          new JwtAuthentication(
              List.of(provider(new Keys.Inline(Signer.set(NEXT.jwk(""))), Forwarding.TAKEN_OUT))));
      assertRefused(client, token, "signature is not valid");
      var other =
          new JwtProvider(
              "idp",
              List.of("bank"),
              inline(),
              List.of(),
              List.of(),
              Forwarding.TAKEN_OUT,
              List.of());
      apply(upstream, new JwtAuthentication(List.of(other)));
      assertRefused(client, token, "audience");
      assertThat(upstream.heads()).hasSize(3);
    }
  }

  @Test
  void withoutKeysNoTokenIsBelieved() throws IOException {
    try (var keys = RawUpstream.answering("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
        var upstream = RawUpstream.ok("ok");
        var client =
            client(
                upstream,
                new JwtAuthentication(List.of(provider(remote(keys), Forwarding.KEPT))))) {
      assertThat(client.send(get(bearer(KEY.token("EdDSA", ANN)))).readMessage())
          .startsWith("HTTP/1.1 503")
          .contains("x-fairlead-reason: no-keys");
      assertThat(client.send(get()).readMessage()).endsWith("ok");
    }
  }

  @Test
  void keysThatCannotBeReadAreAFaultOfTheConfiguration() {
    var broken =
        new JwtAuthentication(List.of(provider(new Keys.Inline("{\"keys\":[]}"), Forwarding.KEPT)));
    var snapshot =
        Model.snapshot(
            Model.listener("front", "routes", broken),
            Model.table(
                "routes", Model.route("all", "/", new RouteAction.DirectResponse(200, ""))));
    assertThat(front.plane().apply(snapshot).toString())
        .contains("listener front: issuer idp: keys: must hold a key for signatures");
  }
}
