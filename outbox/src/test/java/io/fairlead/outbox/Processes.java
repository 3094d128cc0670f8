package io.fairlead.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * Processes at work on one outbox, with one in waiting: starting takes longer than being killed, so
 * a next one is made ready meanwhile. For one thread.
 */
final class Processes implements AutoCloseable {
  private static final int AT_WORK = 2;
  private static final int TRAINING_LINES = 200;
  private static final Duration BOUND = Duration.ofSeconds(60);

  private final Path folder;
  private final String address;
  private final ChildCommand command;
  private final Journal journal;
  private final List<Journal.Line> lines = new ArrayList<>();
  private final Deque<Child> working = new ArrayDeque<>();
  private Child next;
  private int started;
  private int killed;
  private int marked;

  private record Child(String name, Process process) {}

  Processes(Path folder, String address) throws Exception {
    this.folder = folder;
    this.address = address;
    journal = new Journal(folder, "test");
    command = new ChildCommand(folder);
    train();
    next = start();
    for (int i = 0; i < AT_WORK; i++) {
      sendNext();
    }
  }

  private void sendNext() throws IOException {
    go(next);
    working.add(next);
    next = start();
  }

  private static void go(Child child) throws IOException {
    try (var in = child.process().getOutputStream()) {
      in.write('\n');
    }
  }

  /** Kills the one that has worked for longest, after so many lines and microseconds more. */
  void killOldest(int someLines, int someMicros) throws Exception {
    Child oldest = working.element();
    awaitLines(oldest, someLines);
    assertThat(oldest.process().waitFor(someMicros, TimeUnit.MICROSECONDS)).isFalse();
    kill(working.remove());
    sendNext();
  }

  /** Waits until each of those at work has written so many lines from now on. */
  void awaitLinesOfAll(int some) throws IOException {
    for (Child child : working) {
      awaitLines(child, some);
    }
  }

  private void awaitLines(Child child, int some) throws IOException {
    read();
    int from = lines.size();
    Awaitility.await(child.name())
        .atMost(BOUND)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(2))
        .until(() -> linesOf(child, from) >= some || !child.process().isAlive());
    assertThat(child.process().isAlive())
        .withFailMessage(() -> child.name() + " ended by itself: " + output())
        .isTrue();
  }

  private long linesOf(Child child, int from) throws IOException {
    read();
    return lines.subList(from, lines.size()).stream()
        .filter(line -> line.process().equals(child.name()))
        .count();
  }

  private void kill(Child child) throws InterruptedException {
    child.process().destroyForcibly(); // SIGKILL: nothing is flushed and no hook runs.
    assertThat(child.process().waitFor(30, TimeUnit.SECONDS)).isTrue();
    killed++;
  }

  private String output() {
    try {
      return Files.readString(command.output());
    } catch (IOException e) {
      return e.toString();
    }
  }

  int killed() {
    return killed;
  }

  private void read() throws IOException {
    lines.addAll(journal.unread());
  }

  /** From here on {@link #keysSinceMark} looks. */
  void mark() throws IOException {
    read();
    marked = lines.size();
  }

  List<String> keysSinceMark(String word) throws IOException {
    read();
    return keys(lines.subList(marked, lines.size()).stream(), word);
  }

  List<String> keys(String word) throws IOException {
    read();
    return keys(lines.stream(), word);
  }

  private static List<String> keys(Stream<Journal.Line> lines, String word) {
    return lines.filter(line -> line.word().equals(word)).map(Journal.Line::key).toList();
  }

  boolean hasEffect(String key) {
    return journal.hasEffect(key);
  }

  /** Handles here what the killed ones left behind. */
  void drain(Outbox outbox) {
    outbox.worker("pay", OutboxProcess.WORKER, journal).start();
    Awaitility.await().atMost(BOUND).until(() -> outbox.depth() == 0);
    assertThat(outbox.deadLetterCount()).isZero();
  }

  @Override
  public void close() throws InterruptedException {
    while (!working.isEmpty()) {
      kill(working.remove());
    }
    next.process().destroyForcibly();
  }

  private Child start() throws IOException {
    String name = "p" + started++;
    return new Child(name, command.start(folder.toString(), name, address));
  }

  /** One that may end in peace, whose messages the others find. */
  private void train() throws Exception {
    var child = new Child("trained", command.train(folder.toString(), "trained", address));
    try {
      go(child);
      awaitLines(child, TRAINING_LINES);
      command.endTraining(child.process());
    } finally {
      child.process().destroyForcibly();
    }
  }
}
