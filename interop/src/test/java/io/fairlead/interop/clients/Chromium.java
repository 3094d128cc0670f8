package io.fairlead.interop.clients;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The browser, if there is one. In CI, and elsewhere with {@code -Dfairlead.browser=install}, it is
 * installed first by the package manager of Debian, which needs root and 300 MB.
 */
final class Chromium {
  private static final List<Path> PLACES =
      List.of(
          Path.of("/usr/bin/chromium"),
          Path.of("/usr/bin/chromium-browser"),
          Path.of("/usr/bin/google-chrome"));

  private Chromium() {}

  /** Its path; the test is skipped where it is absent and not to be installed. */
  static Path program() throws IOException, InterruptedException {
    boolean wanted =
        System.getenv().containsKey("CI")
            || "install".equals(System.getProperty("fairlead.browser"));
    if (present().isEmpty() && wanted) {
      Path here = Path.of("").toAbsolutePath();
      Peer.run(here, "apt-get", "update", "-qq");
      Peer.run(here, "apt-get", "install", "-qq", "--no-install-recommends", "chromium");
    }
    Optional<Path> program = present();
    assumeTrue(program.isPresent(), "no Chromium; -Dfairlead.browser=install gets it");
    return program.orElseThrow();
  }

  private static Optional<Path> present() {
    return PLACES.stream().filter(Files::isExecutable).findFirst();
  }
}
