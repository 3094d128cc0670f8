package io.fairlead.demo;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A process of the demo with the processes that it started. Safe for use by many threads. */
final class ChildProcess {
  private final Process process;

  private ChildProcess(Process process) {
    this.process = process;
  }

  /**
   * Starts Java with this process's class path and the flags by which its start-up cache is taken.
   *
   * @param heapMegabytes the largest heap
   * @param log where the output goes; it is added to
   */
  static ChildProcess java(
      int heapMegabytes, List<String> arguments, Path log, Map<String, String> environment)
      throws IOException {
    var command = javaCommand(heapMegabytes);
    command.addAll(arguments);
    var builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().putAll(environment);
    return new ChildProcess(builder.start());
  }

  /** The command up to and without the main class. */
  static List<String> javaCommand(int heapMegabytes) {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (var flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      boolean kept = flag.startsWith("-XX:") || flag.startsWith("-Xlog:") || flag.startsWith("--");
      if (kept) {
        command.add(flag);
      }
    }
    command.add("-Xms16m");
    command.add("-Xmx" + heapMegabytes + "m");
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    return command;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  long pid() {
    return process.pid();
  }

  /** The process that this one started, if there is one. */
  List<Long> childPids() {
    return process.descendants().map(ProcessHandle::pid).toList();
  }

  /** As kill -9, of the process and of what it started. */
  void kill() throws InterruptedException {
    var all = new ArrayList<ProcessHandle>(process.descendants().toList());
    process.destroyForcibly();
    all.forEach(ProcessHandle::destroyForcibly);
    process.waitFor();
    for (var handle : all) {
      handle.onExit().join();
    }
  }

  /** Asks it to stop, and kills it if it does not. */
  void stop(Duration grace) throws InterruptedException {
    process.destroy();
    if (!process.waitFor(grace.toMillis(), TimeUnit.MILLISECONDS)) {
      kill();
    }
  }
}
