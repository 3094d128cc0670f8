package io.fairlead.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fairlead.proxy.Authority.Identity;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.PeerValidation;
import io.fairlead.traffic.Secret;
import io.fairlead.traffic.ServerTls;
import io.fairlead.traffic.Snapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.x509.GeneralName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Many servers behind one port, with {@code openssl} and {@code curl} as clients. */
@ExtendWith(LeakCheck.class)
class ServerNamesIT {
  private static final Path OPENSSL = Path.of("/usr/bin/openssl");
  private static final Path CURL = Path.of("/usr/bin/curl");
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  private static final Pattern NAMES = Pattern.compile("DNS:(\\S+)");
  private final Front front = new Front(DataPlaneSettings.of("test", "test").withEventLoops(1));

  @TempDir Path files;

  @BeforeEach
  void writeFiles() throws IOException {
    assumeTrue(Files.isExecutable(OPENSSL) && Files.isExecutable(CURL), "no clients");
    Files.writeString(files.resolve("roots.pem"), TlsFront.MESH_CA.roots("r", "").rootsPem());
  }

  @AfterEach
  void stop() {
    front.close();
  }

  private static Identity server(String host) {
    return TlsFront.MESH_CA.issue(Duration.ofHours(2), new GeneralName(GeneralName.dNSName, host));
  }

  private static ServerTls names(Optional<PeerValidation> clients) {
    return new ServerTls(
        "first",
        clients,
        List.of(
            new ServerTls.Named("first.test", "first"),
            new ServerTls.Named("shop.test", "shop"),
            new ServerTls.Named("*.shop.test", "parts")));
  }

  private static Snapshot snapshot(RawUpstream upstream, ServerTls tls, Identity shop) {
    List<Secret> secrets =
        List.of(
            server("first.test").secret("first"),
            shop.secret("shop"),
            server("*.shop.test").secret("parts"),
            TlsFront.MESH_CA.roots("roots", ""));
    return TlsFront.snapshot(
        TlsFront.listener(Optional.of(tls), Listener.Role.GATEWAY),
        TlsFront.cluster(Optional.empty(), upstream.address()),
        secrets);
  }

  private String run(List<String> command, String input) throws Exception {
    Process process =
        new ProcessBuilder(command).directory(files.toFile()).redirectErrorStream(true).start();
    try (var in = process.getInputStream();
        var out = process.getOutputStream()) {
      out.write(input.getBytes(ISO_8859_1));
      out.flush();
      String said = new String(in.readAllBytes(), ISO_8859_1);
      assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
      return said;
    } finally {
      process.destroyForcibly();
    }
  }

  private String openssl(String... options) throws Exception {
    List<String> command = new ArrayList<>();
    command.addAll(List.of(OPENSSL.toString(), "s_client", "-connect", front.address().toString()));
    command.addAll(List.of("-CAfile", "roots.pem", "-ign_eof"));
    command.addAll(List.of(options));
    return run(command, GET);
  }

  /** The name in the certificate that a client gets which asks for this server. */
  private String presented(String... options) throws Exception {
    String said = openssl(options);
    int from = said.indexOf("-----BEGIN CERTIFICATE-----");
    String end = "-----END CERTIFICATE-----";
    String pem = said.substring(from, said.indexOf(end) + end.length()) + "\n";
    var command = List.of(OPENSSL.toString(), "x509", "-noout", "-ext", "subjectAltName");
    var matcher = NAMES.matcher(run(command, pem));
    return matcher.find() ? matcher.group(1) : "";
  }

  @Test
  void eachServerHasItsCertificate() throws Exception {
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(snapshot(upstream, names(Optional.empty()), server("shop.test")));
      for (String version : new String[] {"-tls1_3", "-tls1_2"}) {
        assertThat(presented(version, "-servername", "shop.test")).isEqualTo("shop.test");
        assertThat(presented(version, "-servername", "SHOP.test")).isEqualTo("shop.test");
        assertThat(presented(version, "-servername", "a.shop.test")).isEqualTo("*.shop.test");
        assertThat(presented(version, "-servername", "b.a.shop.test")).isEqualTo("first.test");
        assertThat(presented(version, "-servername", "else.test")).isEqualTo("first.test");
        assertThat(presented(version, "-noservername")).isEqualTo("first.test");
      }
    }
  }

  @Test
  void curlVerifiesTheServerThatItNamed() throws Exception {
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(snapshot(upstream, names(Optional.empty()), server("shop.test")));
      int port = front.address().port();
      for (String host : List.of("first.test", "shop.test", "a.shop.test")) {
        var command =
            List.of(
                CURL.toString(),
                "-sS",
                "--max-time",
                "10",
                "--cacert",
                "roots.pem",
                "--resolve",
                host + ":" + port + ":127.0.0.1",
                "https://" + host + ":" + port + "/");
        assertThat(run(command, "")).isEqualTo("hello");
      }
    }
  }

  @Test
  void sessionsAreResumedByTicket() throws Exception {
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(snapshot(upstream, names(Optional.empty()), server("shop.test")));
      for (String version : new String[] {"-tls1_3", "-tls1_2"}) {
        String[] first = {version, "-servername", "shop.test", "-sess_out", "session.pem"};
        assertThat(openssl(first)).contains("hello", "New, TLSv1.");
        String[] second = {version, "-servername", "shop.test", "-sess_in", "session.pem"};
        assertThat(openssl(second)).contains("hello", "Reused, TLSv1.");
      }
    }
  }

  @Test
  void versionsBeforeTls12AreRefused() throws Exception {
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(snapshot(upstream, names(Optional.empty()), server("shop.test")));
      assertThat(openssl("-tls1_1", "-cipher", "ALL:@SECLEVEL=0")).doesNotContain("hello");
      assertThat(upstream.heads()).isEmpty();
    }
  }

  @Test
  void clientsMustShowACertificateWhateverServerTheyName() throws Exception {
    Identity client = TlsFront.MESH_CA.issue(Duration.ofHours(2));
    var own = client.secret("own");
    Files.writeString(files.resolve("chain.pem"), own.chainPem());
    Files.writeString(files.resolve("key.pem"), own.keyPem());
    var clients = Optional.of(new PeerValidation("roots", List.of()));
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(snapshot(upstream, names(clients), server("shop.test")));
      for (String host : List.of("first.test", "a.shop.test")) {
        assertThat(openssl("-servername", host)).doesNotContain("hello");
        assertThat(openssl("-servername", host, "-cert", "chain.pem", "-key", "key.pem"))
            .contains("hello");
      }
      assertThat(upstream.heads()).hasSize(2);
    }
  }

  @Test
  void changedCertificateServesNewConnectionsAndOldOnesStay() throws Exception {
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(snapshot(upstream, names(Optional.empty()), server("shop.test")));
      try (var old = TlsFront.connect(front, TlsFront.MESH_CA.context())) {
        assertThat(old.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").readMessage()).endsWith("hello");
        front.apply(snapshot(upstream, names(Optional.empty()), server("renewed.test")));
        assertThat(presented("-servername", "shop.test")).isEqualTo("renewed.test");
        assertThat(old.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").readMessage()).endsWith("hello");
      }
    }
  }
}
