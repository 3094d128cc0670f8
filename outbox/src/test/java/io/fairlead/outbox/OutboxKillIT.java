package io.fairlead.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class OutboxKillIT {
  private static final int KILLS = Integer.getInteger("fairlead.kills", 20);
  private static final Duration BOUND = Duration.ofSeconds(60);

  @TempDir Path folder;

  @Test
  void killedProcessesLoseNothingAndDoubleNothing() throws Exception {
    long seed = Long.getLong("fairlead.seed", System.nanoTime());
    System.out.println("outbox kills: -Dfairlead.seed=" + seed);
    var random = new Random(seed);
    try (var journal = new Journal(folder)) {
      Set<String> doneBefore = new HashSet<>();
      int linesBefore = 0;
      for (int run = 0; run < KILLS; run++) {
        killSoon(start("run" + run), journal, linesBefore, random);
        List<String> lines = journal.read();
        assertNotHandledAgain(lines.subList(linesBefore, lines.size()), doneBefore);
        linesBefore = lines.size();
        doneBefore = doneKeys();
      }
      drainHere(journal);
      assertEachAcceptedMessageTookEffectOnce(journal, KILLS);
    }
  }

  @Test
  void processesThatShareAFileHandleEachMessageOnce() throws Exception {
    try (var journal = new Journal(folder)) {
      List<String> names = List.of("one", "two", "three");
      List<Process> processes = new ArrayList<>();
      for (String name : names) {
        processes.add(start(name));
      }
      try {
        Awaitility.await().atMost(BOUND).until(() -> allAtWork(journal, names));
      } finally {
        for (Process process : processes) {
          kill(process);
        }
      }
      drainHere(journal);
      assertEachAcceptedMessageTookEffectOnce(journal, names.size());
    }
  }

  private void killSoon(Process process, Journal journal, int linesBefore, Random random)
      throws Exception {
    try {
      int some = linesBefore + 1 + random.nextInt(60);
      Awaitility.await()
          .atMost(BOUND)
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(5))
          .until(() -> journal.read().size() >= some || !process.isAlive());
      assertThat(process.waitFor(random.nextInt(20_000), TimeUnit.MICROSECONDS)).isFalse();
    } finally {
      kill(process);
    }
  }

  private static void kill(Process process) throws InterruptedException {
    process.destroyForcibly(); // SIGKILL: nothing is flushed and no hook runs.
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
  }

  private void assertNotHandledAgain(List<String> lines, Set<String> done) {
    assertThat(words(lines, "handled")).noneMatch(done::contains);
  }

  private void assertEachAcceptedMessageTookEffectOnce(Journal journal, int kills)
      throws IOException {
    List<String> lines = journal.read();
    List<String> accepted = words(lines, "accepted");
    assertThat(accepted).doesNotHaveDuplicates().hasSizeGreaterThan(100);
    assertThat(accepted).allMatch(journal::hasEffect);
    assertThat(words(lines, "effect")).doesNotHaveDuplicates();
    assertThat(words(lines, "full")).isEmpty();
    // Only what was in the hands of a killed process is handled again after its effect.
    int inHands = kills * OutboxProcess.WORKER.concurrency();
    assertThat(words(lines, "repeated")).hasSizeLessThanOrEqualTo(inHands);
    System.out.printf(
        "outbox: %d accepted, %d handled, %d of them again before their record%n",
        accepted.size(), words(lines, "handled").size(), words(lines, "repeated").size());
  }

  private void drainHere(Journal journal) {
    try (Outbox outbox = Outbox.open(folder.resolve("outbox.db"), OutboxSettings.defaults())) {
      outbox.worker("pay", OutboxProcess.WORKER, journal).start();
      Awaitility.await().atMost(BOUND).until(() -> outbox.depth() == 0);
      assertThat(outbox.deadLetterCount()).isZero();
    }
  }

  private Set<String> doneKeys() throws Exception {
    Set<String> keys = new HashSet<>();
    try (var connection =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("outbox.db"));
        var statement = connection.createStatement()) {
      try (ResultSet row = statement.executeQuery("PRAGMA integrity_check")) {
        assertThat(row.getString(1)).isEqualTo("ok");
      }
      try (ResultSet row = statement.executeQuery("SELECT key FROM message WHERE state = 'DONE'")) {
        while (row.next()) {
          keys.add(row.getString(1));
        }
      }
    }
    return keys;
  }

  private static boolean allAtWork(Journal journal, List<String> names) throws IOException {
    List<String> accepted = words(journal.read(), "accepted");
    return names.stream()
        .allMatch(name -> accepted.stream().filter(key -> key.startsWith(name)).count() >= 100);
  }

  private static List<String> words(List<String> lines, String word) {
    return lines.stream()
        .filter(line -> line.startsWith(word + " "))
        .map(line -> line.substring(word.length() + 1))
        .toList();
  }

  private Process start(String prefix) throws IOException {
    Path temporary = Files.createDirectories(folder.resolve("tmp"));
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx64m"));
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("-Dorg.sqlite.tmpdir=" + temporary);
    command.addAll(List.of("-cp", classPath(), OutboxProcess.class.getName()));
    command.addAll(List.of(folder.toString(), prefix));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  /** All that this test runs with; a killed process needs no modules. */
  private static String classPath() {
    List<String> parts = new ArrayList<>();
    for (String property : List.of("java.class.path", "jdk.module.path")) {
      String value = System.getProperty(property, "");
      if (!value.isEmpty()) {
        parts.add(value);
      }
    }
    parts.add(Path.of("target", "test-classes").toAbsolutePath().toString());
    return String.join(File.pathSeparator, parts);
  }
}
