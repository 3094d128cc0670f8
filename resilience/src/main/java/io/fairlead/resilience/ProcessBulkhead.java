package io.fairlead.resilience;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Starts processes that cannot take more of the machine than their limits, whatever they do: each
 * in a control group of Linux of its own, version 1 or 2. Safe for all threads.
 *
 * <p>A process is in its group before it runs any code of its own: a shell joins the group and then
 * becomes the process. So a program that cannot be started ends with 126 or 127, as in a shell,
 * where {@link ProcessBuilder#start()} would throw. What the process starts is in the group too,
 * and what it leaves behind is killed at its end. If this process dies first, its children go on
 * within their limits, and their groups, named {@code fairlead-NAME-PID-N}, stay.
 */
public final class ProcessBulkhead {
  /** Joins each group up to the double dash, then becomes the command. */
  private static final String JOIN =
      "while [ \"$1\" != -- ]; do echo $$ > \"$1\" || exit 126; shift; done; shift; exec \"$@\"";

  private final String name;
  private final Path self;
  private final AtomicLong launched = new AtomicLong();

  /**
   * A bulkhead that has started nothing.
   *
   * @param name in the names of the groups: letters, digits, dash, underscore and dot
   */
  public ProcessBulkhead(String name) {
    this(name, Path.of("/proc/self"));
  }

  /** With another directory that tells where control groups are. */
  ProcessBulkhead(String name, Path self) {
    if (!name.matches("[\\w.-]{1,100}")) {
      throw new IllegalArgumentException(
          "name: must be 1 to 100 letters, digits, dashes, underscores and dots, was " + name);
    }
    this.name = name;
    this.self = self;
  }

  /**
   * Starts the process under these limits. The builder is read and not changed; the caller reads
   * what the process writes, as with {@link ProcessBuilder#start()}.
   *
   * @throws IOException if there are no control groups or this process may not make them; the
   *     message names the file and what is needed. Nothing is started and nothing left then
   */
  public BoundedProcess launch(ProcessBuilder builder, ProcessLimits limits) throws IOException {
    String group =
        "fairlead-%s-%d-%d"
            .formatted(name, ProcessHandle.current().pid(), launched.incrementAndGet());
    try {
      Cgroup cgroup = CgroupHome.of(self).group(group);
      cgroup.create();
      try {
        cgroup.limit(limits);
        return new BoundedProcess(group, joining(builder, cgroup).start(), cgroup, limits);
      } catch (Throwable e) {
        removeAfter(e, cgroup);
        throw e;
      }
    } catch (IOException e) {
      throw new IOException("process bulkhead " + name + ": " + e.getMessage(), e);
    }
  }

  /** Processes that were started. */
  public long launched() {
    return launched.get();
  }

  @Override
  public String toString() {
    return "process bulkhead %s: %d launched".formatted(name, launched());
  }

  private static void removeAfter(Throwable failure, Cgroup cgroup) {
    try {
      cgroup.remove();
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  private static ProcessBuilder joining(ProcessBuilder builder, Cgroup cgroup) {
    List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", JOIN, "fairlead"));
    cgroup.joinFiles().forEach(file -> command.add(file.toString()));
    command.add("--");
    command.addAll(builder.command());
    var joining = new ProcessBuilder(command);
    joining.directory(builder.directory());
    joining.environment().clear();
    joining.environment().putAll(builder.environment());
    joining.redirectInput(builder.redirectInput());
    joining.redirectOutput(builder.redirectOutput());
    joining.redirectError(builder.redirectError());
    joining.redirectErrorStream(builder.redirectErrorStream());
    return joining;
  }
}
