package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class ProcessBulkheadTest {
  private static final long MIB = 1 << 20;
  private static final ProcessLimits LIMITS =
      ProcessLimits.defaults().withMemoryBytes(64 * MIB).withCpus(0.5);

  @TempDir private Path directory;

  private final ProcessBulkhead bulkhead = new ProcessBulkhead("test");

  @Test
  void processIsInItsGroupBeforeItRunsAnything() throws Exception {
    BoundedProcess process = launch(LIMITS, "cat", "/proc/self/cgroup");
    String groups = new String(process.process().getInputStream().readAllBytes());
    assertThat(groups).contains("fairlead-test-" + ProcessHandle.current().pid() + "-1");
    assertThat(await(process)).isEqualTo(new ProcessEnd(0, 0));
    assertThat(groups()).isEmpty();
  }

  @Test
  void memoryBeyondTheLimitIsAKillThatIsReported() throws Exception {
    BoundedProcess process = launch(LIMITS.withMemoryBytes(16 * MIB), "tail", "/dev/zero");
    ProcessEnd end = await(process);
    assertThat(end.exitValue()).isEqualTo(137);
    assertThat(end.killedForMemory()).isTrue();
    assertThat(process.snapshot().memoryKills()).isPositive();
    assertThat(groups()).isEmpty();
  }

  @Test
  void busyProcessIsThrottledAndItsLimitsChangeWhileItRuns() throws Exception {
    BoundedProcess process = launch(LIMITS.withCpus(0.05), "sh", "-c", "while :; do :; done");
    try {
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> process.snapshot().throttledNanos() > 0);
      ProcessLimits wider = LIMITS.withMemoryBytes(128 * MIB).withPids(OptionalInt.of(7));
      process.reconfigure(wider);
      assertThat(process.snapshot().limits()).isEqualTo(wider);
      assertThat(process.snapshot().memoryBytes()).isBetween(1L, 128 * MIB);
    } finally {
      assertThat(process.kill(Duration.ofSeconds(30))).isTrue();
    }
    assertThat(await(process).exitValue()).isEqualTo(143);
    assertThat(process.toString()).contains("process " + process.process().pid());
  }

  @Test
  void killReachesAProcessThatWillNotEndAndWhatItStarted() throws Exception {
    BoundedProcess process =
        launch(LIMITS, "sh", "-c", "trap '' TERM; sleep 1000 & echo started; wait; sleep 1000");
    assertThat(process.process().inputReader().readLine()).isEqualTo("started");
    assertThat(process.kill(Duration.ZERO)).isTrue();
    assertThat(await(process)).isEqualTo(new ProcessEnd(137, 0));
    assertThat(groups()).isEmpty();
  }

  @Test
  void whatAProcessLeavesBehindIsKilledAtItsEnd() throws Exception {
    BoundedProcess process = launch(LIMITS, "sh", "-c", "sleep 1000 >/dev/null 2>&1 & echo $!");
    long child = Long.parseLong(process.process().inputReader().readLine());
    assertThat(await(process).exitValue()).isZero();
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> ProcessHandle.of(child).filter(ProcessHandle::isAlive).isEmpty());
    assertThat(groups()).isEmpty();
  }

  @Test
  void numberOfProcessesIsBounded() throws Exception {
    BoundedProcess process =
        launch(LIMITS.withPids(OptionalInt.of(1)), "sh", "-c", "(echo child) || echo refused");
    process.process().getInputStream().readAllBytes();
    String errors = new String(process.process().getErrorStream().readAllBytes());
    assertThat(await(process).exitValue()).isNotZero();
    assertThat(errors).containsIgnoringCase("fork");
  }

  @Test
  void programThatIsNotThereEndsAsInAShell() throws Exception {
    BoundedProcess process = launch(LIMITS, "/no/such/program");
    assertThat(await(process).exitValue()).isEqualTo(127);
  }

  @Test
  void versionTwoWritesItsFilesAndJoinsOneGroup() throws Exception {
    Path parent = unified("cpu memory pids\n");
    var second = new ProcessBulkhead("test", directory);
    BoundedProcess process =
        second.launch(
            new ProcessBuilder("sh", "-c", "read line; exit 3"),
            LIMITS.withCpus(1.5).withPids(OptionalInt.of(9)));
    Path group = parent.resolve("fairlead-test-" + ProcessHandle.current().pid() + "-1");
    assertThat(group.resolve("cpu.max")).hasContent("150000 100000");
    assertThat(group.resolve("memory.max")).hasContent("67108864");
    assertThat(group.resolve("pids.max")).hasContent("9");
    Files.writeString(group.resolve("memory.events"), "low 0\noom 1\noom_kill 2\n");
    Files.writeString(group.resolve("memory.current"), "4096\n");
    Files.writeString(group.resolve("cpu.stat"), "usage_usec 5\nthrottled_usec 7\n");
    assertThat(process.snapshot())
        .isEqualTo(
            new BoundedProcessSnapshot(
                group.getFileName().toString(),
                process.process().pid(),
                process.limits(),
                4096,
                7_000,
                2));
    process.process().outputWriter().append("\n").close();
    Awaitility.await().until(() -> !process.process().isAlive());
    assertThat(group.resolve("cgroup.procs")).hasContent("" + process.process().pid());
    // The kernel's files go with their directory; these are ordinary ones.
    try (var files = Files.list(group)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    assertThat(await(process).exitValue()).isEqualTo(3);
    assertThat(group).doesNotExist();
  }

  @Test
  void versionTwoEnablesTheControllersThatAreMissing() throws Exception {
    Path parent = unified("memory\n");
    Cgroup group = CgroupHome.of(directory).group("one");
    assertThat(group.memory()).isEqualTo(parent.resolve("one"));
    assertThat(parent.resolve("cgroup.subtree_control")).hasContent("+cpu +pids");
  }

  @Test
  void versionTwoMakesASiblingIfItsOwnGroupCannotHaveChildren() throws Exception {
    Path own = unified("cpu memory pids\n");
    Files.delete(own.resolve("cgroup.subtree_control"));
    // A directory in its place refuses to be written, as the kernel does.
    Files.createDirectory(own.resolve("cgroup.subtree_control"));
    Path above = directory.resolve("mount");
    Files.writeString(above.resolve("cgroup.subtree_control"), "cpu memory pids");
    assertThat(CgroupHome.of(directory).group("one").cpu()).isEqualTo(above.resolve("one"));
  }

  @Test
  void whatIsNotPermittedIsNamedWithWhatIsNeeded() throws Exception {
    Path own = unified("cpu memory pids\n");
    Files.createFile(own.resolve("fairlead-test-" + ProcessHandle.current().pid() + "-1"));
    var refused = new ProcessBulkhead("test", directory);
    assertThatThrownBy(() -> refused.launch(new ProcessBuilder("true"), LIMITS))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("process bulkhead test: may not make " + own + "/fairlead-test-")
        .hasMessageEndingWith(
            "needed are root, or a group that is delegated to this user (systemd: Delegate=yes)");
    Files.writeString(directory.resolve("mountinfo"), "");
    assertThatThrownBy(() -> refused.launch(new ProcessBuilder("true"), LIMITS))
        .hasMessage(
            "process bulkhead test: no cgroup file system with the controllers cpu and memory is"
                + " mounted; processes can be bounded on Linux with cgroups alone");
  }

  @Test
  void versionOneInAContainerIsFoundBelowTheRootOfItsMount() throws Exception {
    Files.writeString(
        directory.resolve("cgroup"), "4:memory:/pod/a/b\n3:cpu,cpuacct:/pod/a\n0::/\n");
    Files.writeString(
        directory.resolve("mountinfo"),
        """
        33 31 0:30 /pod/a /cg/cpu rw shared:1 - cgroup cgroup rw,cpu,cpuacct
        34 31 0:31 /pod/a /cg/memory rw - cgroup cgroup rw,memory
        40 31 0:38 / /cg/unified rw - cgroup2 cgroup2 rw
        """);
    assertThat(CgroupHome.of(directory).group("one"))
        .isEqualTo(
            new Cgroup(
                Cgroup.Version.V1, Path.of("/cg/cpu/one"), Path.of("/cg/memory/b/one"), null));
  }

  @Test
  void limitsAndNamesOutOfBoundsAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LIMITS.withCpus(0))
        .withMessage("cpus: must be 0.01 to 1024.0, was 0.0");
    assertThatIllegalArgumentException().isThrownBy(() -> LIMITS.withMemoryBytes(1));
    assertThatIllegalArgumentException().isThrownBy(() -> LIMITS.withPids(OptionalInt.of(0)));
    assertThatIllegalArgumentException().isThrownBy(() -> new ProcessBulkhead("a/b"));
  }

  /** What looks like version 2 and the directory of a process in its group /app. */
  private Path unified(String enabled) throws IOException {
    Path group = Files.createDirectories(directory.resolve("mount/app"));
    Files.writeString(group.resolve("cgroup.subtree_control"), enabled);
    Files.writeString(directory.resolve("cgroup"), "0::/app\n");
    Files.writeString(
        directory.resolve("mountinfo"),
        "30 23 0:26 / " + directory.resolve("mount") + " rw - cgroup2 cgroup2 rw\n");
    return group;
  }

  private BoundedProcess launch(ProcessLimits limits, String... command) throws IOException {
    try {
      return bulkhead.launch(new ProcessBuilder(command), limits);
    } catch (IOException e) {
      assumeTrue(false, "control groups cannot be made here: " + e.getMessage());
      throw e;
    }
  }

  private static ProcessEnd await(BoundedProcess process) throws Exception {
    return process.end().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  /** Groups of this test that are still there. */
  private static List<Path> groups() throws IOException {
    Path memory = CgroupHome.of(Path.of("/proc/self")).group("any").memory().getParent();
    try (var groups = Files.list(memory)) {
      String prefix = "fairlead-test-" + ProcessHandle.current().pid() + "-";
      return groups.filter(group -> group.getFileName().toString().startsWith(prefix)).toList();
    }
  }
}
