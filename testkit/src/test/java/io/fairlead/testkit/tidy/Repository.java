package io.fairlead.testkit.tidy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The working copy that the tests run in. Immutable.
 *
 * @param root the folder that holds the launcher and the modules
 */
record Repository(Path root) {
  private static final Set<String> NOT_SOURCES =
      Set.of("target", ".git", ".build", ".fairlead", ".idea", ".vscode", "node_modules");
  private static final long MAX_TEXT_BYTES = 2_000_000;

  /** The one around the current folder. */
  static Repository current() {
    for (var at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      if (Files.isRegularFile(at.resolve("fairlead")) && Files.isDirectory(at.resolve(".mvn"))) {
        return new Repository(at);
      }
    }
    throw new IllegalStateException("not inside a working copy: " + Path.of("").toAbsolutePath());
  }

  /** All Java sources. */
  List<TextFile> javaFiles() {
    return texts().stream().filter(file -> file.path().endsWith(".java")).toList();
  }

  /** The poms of the modules, without the root's. */
  List<Path> modulePoms() {
    try (var folders = Files.list(root)) {
      return folders
          .map(folder -> folder.resolve("pom.xml"))
          .filter(Files::isRegularFile)
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Every file that is text and not made by a build. */
  List<TextFile> texts() {
    var texts = new ArrayList<TextFile>();
    var visitor =
        new SimpleFileVisitor<Path>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            return NOT_SOURCES.contains(String.valueOf(folder.getFileName()))
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            boolean worktreeLink = file.endsWith(".git");
            boolean log = file.toString().endsWith(".log");
            if (attributes.isRegularFile()
                && attributes.size() <= MAX_TEXT_BYTES
                && !worktreeLink
                && !log) {
              addIfText(file, texts);
            }
            return FileVisitResult.CONTINUE;
          }
        };
    try {
      Files.walkFileTree(root, visitor);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return List.copyOf(texts);
  }

  private void addIfText(Path file, List<TextFile> texts) throws IOException {
    var path = root.relativize(file).toString().replace('\\', '/');
    try {
      texts.add(new TextFile(path, Files.readString(file)));
    } catch (MalformedInputException binary) {
      // Not UTF-8: an image or a captured message, which has no lines to check.
      assert !path.endsWith(".java") : path + " is not UTF-8";
    }
  }
}
