package io.fairlead.proxy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.traffic.Listener.Role;
import io.fairlead.traffic.ServerTls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every case of h2spec, the strict ones too, which it runs itself against a real port. */
@Timeout(120)
@ExtendWith(LeakCheck.class)
class Http2SpecIT {
  private static final String PROGRAM = "/h2spec/2.2.0/h2spec_linux_amd64.tar.gz";
  private static final String ALL = "146 tests, 146 passed, 0 skipped, 0 failed";

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"clear text", "TLS"})
  void everyCasePasses(String transport) throws Exception {
    boolean secured = transport.equals("TLS");
    var tls =
        secured ? Optional.of(new ServerTls("own", Optional.empty())) : Optional.<ServerTls>empty();
    try (var upstream = RawUpstream.ok("hello");
        var front = new Front(DataPlaneSettings.of("test", "test").withEventLoops(1))) {
      front.apply(
          TlsFront.snapshot(
              TlsFront.listener(tls, Role.OUTBOUND),
              TlsFront.cluster(Optional.empty(), upstream.address()),
              TlsFront.secrets()));

      var report =
          test(front.address().port(), secured ? List.of("--tls", "--insecure") : List.of());

      assertThat(report).contains(ALL);
    }
  }

  private String test(int port, List<String> options) throws Exception {
    var archive = folder.resolve("h2spec.tar.gz");
    try (var packed = Objects.requireNonNull(getClass().getResourceAsStream(PROGRAM))) {
      Files.copy(packed, archive);
    }
    assertThat(run(List.of("tar", "-xzf", archive.toString(), "-C", folder.toString()))).isEmpty();
    var command = new ArrayList<>(List.of(folder.resolve("h2spec").toString(), "--strict"));
    command.addAll(List.of("--port", Integer.toString(port)));
    command.addAll(options);
    return run(command);
  }

  private static String run(List<String> command) throws IOException {
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (var output = process.getInputStream()) {
      return new String(output.readAllBytes(), UTF_8);
    } finally {
      process.destroyForcibly();
    }
  }
}
