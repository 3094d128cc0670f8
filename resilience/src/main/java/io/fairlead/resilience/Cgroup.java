package io.fairlead.resilience;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A control group of Linux made for one process: a directory for each controller in version 1, one
 * for all in version 2 (Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst of the kernel).
 * Immutable; the files are the state.
 */
record Cgroup(Version version, Path cpu, Path memory, @Nullable Path pids) {
  private static final long PERIOD_MICROS = 100_000;
  private static final String NEED =
      "needed are root, or a group that is delegated to this user (systemd: Delegate=yes)";

  enum Version {
    V1,
    V2
  }

  /** Where a process writes its id to join. */
  List<Path> joinFiles() {
    return directories().map(directory -> directory.resolve("cgroup.procs")).toList();
  }

  /** Makes the directories. What was made before a failure is removed. */
  void create() throws IOException {
    List<Path> made = new ArrayList<>();
    try {
      for (Path directory : directories().toList()) {
        make(directory);
        made.add(directory);
      }
    } catch (IOException e) {
      for (Path directory : made) {
        Files.deleteIfExists(directory);
      }
      throw e;
    }
  }

  void limit(ProcessLimits limits) throws IOException {
    long quotaMicros = Math.round(limits.cpus() * PERIOD_MICROS);
    String bytes = Long.toString(limits.memoryBytes());
    switch (version) {
      case V1 -> {
        write(cpu.resolve("cpu.cfs_period_us"), Long.toString(PERIOD_MICROS));
        write(cpu.resolve("cpu.cfs_quota_us"), Long.toString(quotaMicros));
        // Memory with swap may never be below memory alone, so it makes way first.
        writeIfPresent(memory.resolve("memory.memsw.limit_in_bytes"), "-1");
        write(memory.resolve("memory.limit_in_bytes"), bytes);
        writeIfPresent(memory.resolve("memory.memsw.limit_in_bytes"), bytes);
      }
      case V2 -> {
        write(cpu.resolve("cpu.max"), quotaMicros + " " + PERIOD_MICROS);
        write(memory.resolve("memory.max"), bytes);
        writeIfPresent(memory.resolve("memory.swap.max"), "0");
      }
    }
    if (pids != null) {
      String most = limits.pids().isPresent() ? "" + limits.pids().getAsInt() : "max";
      write(pids.resolve("pids.max"), most);
    } else if (limits.pids().isPresent()) {
      throw new IOException("the pids controller of cgroups is not mounted; leave pids out");
    }
  }

  /** Processes of the group that the kernel killed for memory. */
  long memoryKills() {
    String file =
        switch (version) {
          case V1 -> "memory.oom_control";
          case V2 -> "memory.events";
        };
    return field(memory.resolve(file), "oom_kill");
  }

  long memoryBytes() {
    String file =
        switch (version) {
          case V1 -> "memory.usage_in_bytes";
          case V2 -> "memory.current";
        };
    return lines(memory.resolve(file)).stream().findFirst().map(Long::parseLong).orElse(0L);
  }

  long throttledNanos() {
    Path file = cpu.resolve("cpu.stat");
    return switch (version) {
      case V1 -> field(file, "throttled_time");
      case V2 -> field(file, "throttled_usec") * 1_000;
    };
  }

  /** Kills every process in the group; one that forks just then needs another round. */
  void killAll() {
    if (killedAtOnce()) {
      return;
    }
    for (String pid : lines(memory.resolve("cgroup.procs"))) {
      Optional<ProcessHandle> process = ProcessHandle.of(Long.parseLong(pid));
      process.ifPresent(ProcessHandle::destroyForcibly);
    }
  }

  /** Kernels from 5.14 do it in version 2. */
  private boolean killedAtOnce() {
    Path kill = memory.resolve("cgroup.kill");
    if (!Files.exists(kill)) {
      return false;
    }
    try {
      Files.writeString(kill, "1");
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Removes the directories, which works once no process is in them. */
  void remove() throws IOException {
    for (Path directory : directories().toList()) {
      Files.deleteIfExists(directory);
    }
  }

  private Stream<Path> directories() {
    return Stream.of(Optional.of(cpu), Optional.of(memory), Optional.ofNullable(pids))
        .flatMap(Optional::stream)
        .distinct();
  }

  private static void make(Path directory) throws IOException {
    try {
      Files.createDirectory(directory);
    } catch (FileSystemException e) {
      throw new IOException("may not make " + directory + why(e), e);
    }
  }

  static void write(Path file, String value) throws IOException {
    try {
      Files.writeString(file, value);
    } catch (IOException e) {
      throw new IOException("may not write " + value + " to " + file + why(e), e);
    }
  }

  private static void writeIfPresent(Path file, String value) throws IOException {
    if (Files.exists(file)) {
      write(file, value);
    }
  }

  private static String why(IOException e) {
    String reason = e instanceof FileSystemException f ? f.getReason() : e.getMessage();
    return " (" + (reason == null ? e.getClass().getSimpleName() : reason) + "); " + NEED;
  }

  /** The figure after that word, or 0 if this kernel does not tell it. */
  private static long field(Path file, String name) {
    return lines(file).stream()
        .filter(line -> line.startsWith(name + " "))
        .findFirst()
        .map(line -> Long.parseLong(line.substring(name.length() + 1).strip()))
        .orElse(0L);
  }

  /** None if the group is gone. */
  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      return List.of();
    }
  }
}
