package io.fairlead.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Runs programs with the class path of the tests, in namespaces of their own. */
final class Namespaces {
  private static final int LONGEST_SECONDS = 200;

  private Namespaces() {}

  /** Of the tests, for a JVM that a script starts. */
  static String classPath() {
    var surefire = System.getProperty("surefire.test.class.path");
    var own = System.getProperty("java.class.path", "");
    return surefire == null ? own : surefire + File.pathSeparator + own;
  }

  static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  /** What it printed, and at the end {@code exit} with its code, if it could be run. */
  static String run(Path folder, String... command) throws IOException, InterruptedException {
    var out = Files.createTempFile(folder, "out", ".txt").toFile();
    try {
      var process =
          new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out).start();
      if (!process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS)) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        return "did not end: " + Files.readString(out.toPath(), UTF_8);
      }
      return Files.readString(out.toPath(), UTF_8) + "exit " + process.exitValue();
    } catch (IOException absent) {
      return "cannot run: " + absent.getMessage();
    }
  }
}
