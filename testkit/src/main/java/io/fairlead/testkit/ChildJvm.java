package io.fairlead.testkit;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A main class of the test's own class path in a process of its own, which a test may kill at any
 * moment. Its standard output and error are read line by line; lines beyond {@value #MAX_LINES}
 * unread ones wait in the pipe. Closing kills it. Safe for use by many threads.
 */
public final class ChildJvm implements AutoCloseable {
  private static final int MAX_LINES = 100_000;
  private static final Duration END_OF_PROCESS = Duration.ofSeconds(10);

  private final Process process;
  private final Thread reader;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>(MAX_LINES);

  private ChildJvm(Process process) {
    this.process = process;
    this.reader = Thread.ofPlatform().daemon().name("child-" + process.pid()).start(this::read);
  }

  /**
   * Starts the main class with a small heap.
   *
   * @throws IOException if the process cannot be started
   */
  public static ChildJvm start(Class<?> main, List<String> arguments) throws IOException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(List.of("-cp", classPath(), main.getName()));
    command.addAll(arguments);
    return new ChildJvm(new ProcessBuilder(command).redirectErrorStream(true).start());
  }

  /** The operating system's id of the process. */
  public long pid() {
    return process.pid();
  }

  /**
   * Waits for a line that begins with the prefix and skips those before it.
   *
   * @return the line without the prefix
   * @throws IOException if the process ends or the time passes without such a line
   */
  public String awaitLine(String prefix, Duration atMost) throws IOException, InterruptedException {
    long end = System.nanoTime() + atMost.toNanos();
    var skipped = new ArrayList<String>();
    while (true) {
      var line = lines.poll(Math.max(end - System.nanoTime(), 0), TimeUnit.NANOSECONDS);
      if (line == null) {
        throw new IOException("no line '" + prefix + "' within " + atMost + ", saw " + skipped);
      }
      if (line.startsWith(prefix)) {
        return line.substring(prefix.length());
      }
      skipped.add(line);
    }
  }

  /**
   * Kills the process (signal 9) and waits for its end.
   *
   * @return the whole lines that it had written and nobody had read yet
   */
  public List<String> kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor(END_OF_PROCESS.toMillis(), TimeUnit.MILLISECONDS);
    reader.join(END_OF_PROCESS);
    var rest = new ArrayList<String>();
    lines.drainTo(rest);
    return rest;
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  private static String classPath() {
    // Surefire keeps the real class path here when it runs from a manifest-only jar.
    var surefire = System.getProperty("surefire.test.class.path");
    var own = System.getProperty("java.class.path", "");
    return surefire == null ? own : surefire + File.pathSeparator + own;
  }

  private void read() {
    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
      for (var line = out.readLine(); line != null; line = out.readLine()) {
        lines.put(line);
      }
    } catch (IOException e) {
      lines.offer("reading the output of the child failed: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
