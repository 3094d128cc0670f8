package io.fairlead.outbox;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/**
 * How an {@link OutboxProcess} is started at a third of the usual cost, since many are: from jars
 * alone, by a cache of what an earlier one loaded (JEP 483). Safe for all threads.
 */
final class ChildCommand {
  private final Path folder;
  private final String classPath;
  private final Path cache;

  ChildCommand(Path folder) throws IOException {
    this.folder = Files.createDirectories(folder.resolve("command"));
    classPath = classPath();
    cache = this.folder.resolve("classes.aot");
  }

  /** Lets one process run until it has loaded what it needs, and end as it likes. */
  Process train(String... arguments) throws IOException {
    return process("-XX:AOTCacheOutput=" + cache, arguments);
  }

  /** Ends the one that was trained, which then writes the cache. */
  void endTraining(Process trained) throws InterruptedException {
    trained.destroy(); // SIGTERM
    if (!trained.waitFor(60, TimeUnit.SECONDS)) {
      trained.destroyForcibly();
      throw new IllegalStateException("training did not end, see " + output());
    }
  }

  Process start(String... arguments) throws IOException {
    return process("-XX:AOTCache=" + cache, arguments);
  }

  /** What all of them print. */
  Path output() {
    return folder.resolve("output.txt");
  }

  private Process process(String option, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx64m"));
    command.addAll(List.of("-XX:-UsePerfData", option));
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("-Dorg.sqlite.tmpdir=" + folder);
    command.addAll(List.of("-cp", classPath, OutboxProcess.class.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(output().toFile()))
        .start();
  }

  /** All that this test runs with; a killed process needs no modules. */
  private String classPath() throws IOException {
    List<Path> jars = new ArrayList<>();
    List<Path> folders = new ArrayList<>();
    folders.add(Path.of("target", "test-classes").toAbsolutePath());
    for (String property : List.of("java.class.path", "jdk.module.path")) {
      for (String part : System.getProperty(property, "").split(File.pathSeparator)) {
        Path path = Path.of(part);
        if (part.endsWith(".jar")) {
          jars.add(path);
        } else if (Files.isDirectory(path)) {
          folders.add(path);
        }
      }
    }
    jars.addFirst(packed(folders));
    return String.join(File.pathSeparator, jars.stream().map(Path::toString).toList());
  }

  private Path packed(List<Path> folders) throws IOException {
    var classes = new TreeMap<String, Path>();
    for (Path one : folders) {
      try (Stream<Path> files = Files.walk(one)) {
        files
            .filter(file -> file.toString().endsWith(".class"))
            .forEach(file -> classes.putIfAbsent(one.relativize(file).toString(), file));
      }
    }
    classes.keySet().removeIf(name -> name.endsWith("module-info.class"));
    Path jar = folder.resolve("folders.jar");
    try (OutputStream file = Files.newOutputStream(jar);
        var out = new JarOutputStream(file)) {
      for (var entry : classes.entrySet()) {
        out.putNextEntry(new JarEntry(entry.getKey()));
        Files.copy(entry.getValue(), out);
      }
    }
    return jar;
  }
}
