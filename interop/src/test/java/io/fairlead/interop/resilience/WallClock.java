package io.fairlead.interop.resilience;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.stream.StreamSupport;

/** Whether anything depends on a clock that can be set. Stateless. */
final class WallClock {
  private static final Set<String> READS =
      Set.of(
          "java/lang/System.currentTimeMillis",
          "java/time/Instant.now",
          "java/time/Clock.systemUTC",
          "java/time/Clock.systemDefaultZone");

  private WallClock() {}

  /**
   * Where no clock can be given, the compiled code is asked: what never reads a wall clock cannot
   * be affected, and what reads one cannot be tested.
   */
  static Outcome stepBack(Library library) throws Exception {
    var observed = library.afterClockStep();
    return observed.isPresent()
        ? observed.get()
        : readsWallClock(library.codeOfPolicies()) ? Outcome.NOT_REACHABLE : Outcome.OK;
  }

  private static boolean readsWallClock(Class<?> one) throws IOException, URISyntaxException {
    var place = one.getProtectionDomain().getCodeSource().getLocation().toURI();
    if (Files.isDirectory(Path.of(place))) {
      return anyReads(Path.of(place));
    }
    try (FileSystem jar = FileSystems.newFileSystem(URI.create("jar:" + place), Map.of())) {
      return anyReads(jar.getPath("/"));
    }
  }

  private static boolean anyReads(Path root) throws IOException {
    try (var files = Files.walk(root)) {
      return files.filter(file -> file.toString().endsWith(".class")).anyMatch(WallClock::reads);
    }
  }

  private static boolean reads(Path file) {
    try {
      var pool = ClassFile.of().parse(Files.readAllBytes(file)).constantPool();
      return StreamSupport.stream(pool.spliterator(), false)
          .anyMatch(
              entry ->
                  entry instanceof MemberRefEntry member
                      && READS.contains(
                          member.owner().asInternalName() + "." + member.name().stringValue()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
