package io.fairlead.interop.clients;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Programs for Node beside these tests, with the packages of their lock files, which npm keeps in
 * its own cache.
 */
final class NodePeer {
  private NodePeer() {}

  /** Copies the program of that folder and installs what it needs; the new folder. */
  static Path install(String name) throws IOException, InterruptedException {
    Path source = Path.of("src", "test", "node", name).toAbsolutePath();
    Path target = Path.of("target", "peers", name).toAbsolutePath();
    Files.createDirectories(target);
    Path lock = target.resolve("package-lock.json");
    boolean same =
        Files.isDirectory(target.resolve("node_modules"))
            && Files.mismatch(lock, source.resolve("package-lock.json")) == -1;
    try (Stream<Path> files = Files.list(source)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.write(target.resolve(file.getFileName()), Files.readAllBytes(file));
      }
    }
    if (!same) {
      String npm = Peer.find("npm").toString();
      Peer.run(target, npm, "ci", "--no-audit", "--no-fund", "--prefer-offline");
    }
    return target;
  }

  /** Runs the program of a folder. */
  static Peer start(Path installed, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Peer.find("node").toString());
    command.add(installed.resolve("main.mjs").toString());
    command.addAll(List.of(arguments));
    return new Peer(command.toArray(String[]::new));
  }
}
