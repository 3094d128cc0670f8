package io.fairlead.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fairlead.proxy.tls.TlsFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** TLS with {@code openssl s_client}; skipped where the program is not there. */
@ExtendWith(LeakCheck.class)
class OpensslIT {
  private static final Path PROGRAM = Path.of("/usr/bin/openssl");
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  private final Front front = new Front(DataPlaneSettings.of("test", "test").withEventLoops(1));

  @TempDir Path files;

  @BeforeEach
  void writeFiles() throws IOException {
    assumeTrue(Files.isExecutable(PROGRAM), "openssl is not there");
    var own = TlsFront.CLIENT.secret("own");
    Files.writeString(files.resolve("chain.pem"), own.chainPem());
    Files.writeString(files.resolve("key.pem"), own.keyPem());
    Files.writeString(
        files.resolve("roots.pem"), TlsFront.MESH_CA.roots("roots", TlsFront.MESH).rootsPem());
  }

  @AfterEach
  void stop() {
    front.close();
  }

  private String client(String... options) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.addAll(List.of(PROGRAM.toString(), "s_client", "-connect", front.address().toString()));
    command.addAll(List.of("-CAfile", "roots.pem", "-ign_eof"));
    command.addAll(List.of(options));
    Process process =
        new ProcessBuilder(command).directory(files.toFile()).redirectErrorStream(true).start();
    try (var in = process.getInputStream();
        var out = process.getOutputStream()) {
      out.write(GET.getBytes(ISO_8859_1));
      out.flush();
      String said = new String(in.readAllBytes(), ISO_8859_1);
      assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
      return said;
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void opensslIsServedWithEachVersion() throws Exception {
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(TlsFront.inbound(upstream));
      for (String version : new String[] {"-tls1_3", "-tls1_2"}) {
        String[] options = {version, "-cert", "chain.pem", "-key", "key.pem", "-alpn", "http/1.1"};
        assertThat(client(options))
            .contains("hello", "Verify return code: 0 (ok)", "ALPN protocol: http/1.1");
      }
      assertThat(upstream.heads()).hasSize(2);
    }
  }

  @Test
  void opensslResumesItsSession() throws Exception {
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(TlsFront.inbound(upstream));
      String[] first = {"-cert", "chain.pem", "-key", "key.pem", "-sess_out", "session.pem"};
      assertThat(client(first)).contains("hello", "New, TLSv1.3");
      String[] second = {"-cert", "chain.pem", "-key", "key.pem", "-sess_in", "session.pem"};
      assertThat(client(second)).contains("hello", "Reused, TLSv1.3");
      assertThat(upstream.heads())
          .hasSize(2)
          .allSatisfy(head -> assertThat(head).contains(";URI=" + TlsFront.CALLER));
    }
  }

  @Test
  void opensslWithoutCertificateIsRefused() throws Exception {
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(TlsFront.inbound(upstream));
      assertThat(client()).contains("certificate required").doesNotContain("HTTP/1.1");
      awaitCounted(TlsFailure.NO_CERTIFICATE);
    }
  }

  @Test
  void opensslWithAnOldVersionIsRefused() throws Exception {
    try (var upstream = RawUpstream.ok("hello")) {
      front.apply(TlsFront.inbound(upstream));
      String[] options = {"-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"};
      assertThat(client(options)).contains("protocol version").doesNotContain("HTTP/1.1");
      awaitCounted(TlsFailure.PROTOCOL);
    }
  }

  private void awaitCounted(TlsFailure why) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(5))
        .until(() -> TlsFront.counters(front).handshakeFailures(why) == 1);
  }
}
