package io.fairlead.interop.clients;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Programs in Go beside these tests. The toolchain compiles what has changed and keeps the modules
 * in its own caches.
 */
final class GoPeer {
  private GoPeer() {}

  /** Builds the program of that folder; its path. */
  static Path build(String name) throws IOException, InterruptedException {
    Path source = Path.of("src", "test", "go", name).toAbsolutePath();
    Path program = Path.of("target", "peers", name).toAbsolutePath();
    Files.createDirectories(program.getParent());
    String go = Peer.find("go", "/usr/local/go/bin", "/usr/lib/go/bin").toString();
    // As a second instance of this test may run the program, it is replaced and not rewritten.
    Path made = Files.createTempFile(program.getParent(), name, ".new");
    Peer.run(source, go, "build", "-trimpath", "-o", made.toString(), ".");
    return Files.move(
        made,
        program,
        java.nio.file.StandardCopyOption.REPLACE_EXISTING,
        java.nio.file.StandardCopyOption.ATOMIC_MOVE);
  }
}
