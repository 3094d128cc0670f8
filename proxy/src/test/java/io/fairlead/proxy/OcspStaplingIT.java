package io.fairlead.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fairlead.traffic.Listener.Role;
import io.fairlead.traffic.Secret;
import io.fairlead.traffic.ServerTls;
import io.fairlead.traffic.ServerTls.Stapling;
import io.fairlead.traffic.Snapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Responses that {@code openssl ocsp} has made for certificates, as {@code openssl s_client} sees
 * them; skipped where the program is not there.
 */
@Timeout(120)
@ExtendWith(LeakCheck.class)
class OcspStaplingIT {
  private static final Path PROGRAM = Path.of("/usr/bin/openssl");
  private static final DateTimeFormatter EXPIRY =
      DateTimeFormatter.ofPattern("yyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);
  private final Front front = new Front(DataPlaneSettings.of("test", "test").withEventLoops(1));

  @TempDir Path files;

  @BeforeEach
  void makeCertificates() throws Exception {
    assumeTrue(Files.isExecutable(PROGRAM), "openssl is not there");
    openssl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca"
            + " -keyout ca.key -out ca.pem");
    issue("leaf", 1001);
  }

  @AfterEach
  void stop() {
    front.close();
  }

  private void issue(String name, int serial) throws Exception {
    openssl(
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout "
            + name
            + ".key -out "
            + name
            + ".csr");
    openssl(
        "x509 -req -days 2 -CA ca.pem -CAkey ca.key -set_serial "
            + serial
            + " -in "
            + name
            + ".csr -out "
            + name
            + ".pem");
  }

  /** The response of the authority about a certificate, whose state is V or R. */
  private String respond(String name, int serial, String state) throws Exception {
    String end = EXPIRY.format(Instant.now().plus(Duration.ofDays(2)));
    String revoked = state.equals("R") ? EXPIRY.format(Instant.now()) : "";
    Files.writeString(
        files.resolve("index.txt"),
        "%s\t%s\t%s\t%04X\tunknown\t/CN=localhost\n".formatted(state, end, revoked, serial));
    openssl("ocsp -issuer ca.pem -cert " + name + ".pem -reqout request.der");
    openssl(
        "ocsp -index index.txt -CA ca.pem -rsigner ca.pem -rkey ca.key -ndays 1"
            + " -reqin request.der -respout "
            + name
            + ".der");
    byte[] der = Files.readAllBytes(files.resolve(name + ".der"));
    return Base64.getEncoder().encodeToString(der);
  }

  private String openssl(String words) throws IOException, InterruptedException {
    return run("", List.of(words.split(" ")));
  }

  private String run(String said, List<String> words) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(PROGRAM.toString()));
    command.addAll(words);
    Process process =
        new ProcessBuilder(command).directory(files.toFile()).redirectErrorStream(true).start();
    try (var in = process.getInputStream();
        var out = process.getOutputStream()) {
      out.write(said.getBytes(ISO_8859_1));
      out.close();
      String heard = new String(in.readAllBytes(), ISO_8859_1);
      assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
      return heard;
    } finally {
      process.destroyForcibly();
    }
  }

  private Secret certificate(String secret, String name, String staple) throws IOException {
    return new Secret.Certificate(
        secret,
        Files.readString(files.resolve(name + ".pem")),
        Files.readString(files.resolve(name + ".key")),
        Optional.of(staple));
  }

  private static Snapshot snapshot(RawUpstream upstream, ServerTls tls, Secret... secrets) {
    return TlsFront.snapshot(
        TlsFront.listener(Optional.of(tls), Role.GATEWAY),
        TlsFront.cluster(Optional.empty(), upstream.address()),
        List.of(secrets));
  }

  private static ServerTls tls(Stapling stapling, ServerTls.Named... named) {
    return new ServerTls("own", Optional.empty(), List.of(named), Optional.of(stapling));
  }

  private String client(String... options) throws IOException, InterruptedException {
    List<String> words = new ArrayList<>();
    words.addAll(List.of("s_client", "-connect", front.address().toString()));
    words.addAll(List.of("-CAfile", "ca.pem", "-status"));
    words.addAll(List.of(options));
    return run("Q\n", words);
  }

  @Test
  void theResponseIsGivenToClientsThatAskInEachVersion() throws Exception {
    String good = respond("leaf", 1001, "V");
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(snapshot(upstream, tls(Stapling.MUST_STAPLE), certificate("own", "leaf", good)));
      for (String version : List.of("-tls1_3", "-tls1_2")) {
        assertThat(client(version))
            .contains("OCSP Response Status: successful", "Cert Status: good")
            .contains("Serial Number: 03E9", "Verify return code: 0 (ok)");
      }
    }
  }

  @Test
  void aNewResponseHoldsForNewConnectionsAndNoneIsSentWhereThereIsNone() throws Exception {
    String good = respond("leaf", 1001, "V");
    String revoked = respond("leaf", 1001, "R");
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(snapshot(upstream, tls(Stapling.LENIENT), certificate("own", "leaf", good)));
      assertThat(client()).contains("Cert Status: good");
      front.apply(snapshot(upstream, tls(Stapling.LENIENT), certificate("own", "leaf", revoked)));
      assertThat(client()).contains("Cert Status: revoked");
      front.apply(snapshot(upstream, tls(Stapling.LENIENT), certificate("own", "leaf", "")));
      assertThat(client()).contains("OCSP response: no response sent", "code: 0 (ok)");
    }
  }

  @Test
  void eachCertificateHasItsOwn() throws Exception {
    issue("other", 2002);
    Secret own = certificate("own", "leaf", respond("leaf", 1001, "V"));
    Secret other = certificate("other", "other", respond("other", 2002, "V"));
    var named = new ServerTls.Named("other.example", "other");
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(snapshot(upstream, tls(Stapling.STRICT, named), own, other));
      assertThat(client("-servername", "other.example")).contains("Serial Number: 07D2");
      assertThat(client("-servername", "any.example")).contains("Serial Number: 03E9");
    }
  }

  @Test
  void whatDoesNotFitIsRefused() throws Exception {
    issue("other", 2002);
    String foreign = respond("other", 2002, "V");
    try (var upstream = RawUpstream.ok("hello")) {
      assertThat(refusal(upstream, Stapling.LENIENT, foreign))
          .contains("ocspStaple", "about the certificate: it is about another one");
      assertThat(refusal(upstream, Stapling.LENIENT, "AQID"))
          .contains("ocspStaple: must be an OCSP response", "its form is broken");
      assertThat(refusal(upstream, Stapling.MUST_STAPLE, ""))
          .contains("ocspStaple: is required by MUST_STAPLE");
    }
  }

  private String refusal(RawUpstream upstream, Stapling stapling, String staple)
      throws IOException {
    var secret = certificate("own", "leaf", staple);
    ApplyResult result = front.plane().apply(snapshot(upstream, tls(stapling), secret));
    assertThat(result).isInstanceOf(ApplyResult.Rejected.class);
    return result.toString();
  }
}
