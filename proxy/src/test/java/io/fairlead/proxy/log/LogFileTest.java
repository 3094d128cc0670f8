package io.fairlead.proxy.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogFileTest {
  private static final Path FULL = Path.of("/dev/full");

  private final AtomicLong nanos = new AtomicLong();

  @TempDir Path folder;

  private LogFile file(Path path, long maxBytes) {
    return new LogFile(path.toString(), maxBytes, nanos::get, () -> {});
  }

  private static void offer(LogFile file, String line) {
    file.offer((line + "\n").getBytes(UTF_8));
  }

  private void passSecond() {
    nanos.addAndGet(TimeUnit.SECONDS.toNanos(1));
  }

  @Test
  void linesAreAppended() throws IOException {
    Path path = folder.resolve("access.log");
    Files.writeString(path, "old\n");
    LogFile file = file(path, 1_000);
    offer(file, "a");
    offer(file, "b");
    assertThat(file.write()).isTrue();
    assertThat(file.write()).isFalse();
    assertThat(path).hasContent("old\na\nb");
    assertThat(file.written()).isEqualTo(2);
    file.close();
  }

  @Test
  void renamedFileIsLeftWithinASecond() throws IOException {
    Path path = folder.resolve("access.log");
    Path rotated = folder.resolve("access.log.1");
    LogFile file = file(path, 1_000);
    offer(file, "a");
    file.write();
    Files.move(path, rotated);
    offer(file, "b");
    file.write();
    assertThat(rotated).hasContent("a\nb");
    passSecond();
    offer(file, "c");
    file.write();
    assertThat(path).hasContent("c");
    Files.delete(path);
    passSecond();
    offer(file, "d");
    file.write();
    assertThat(path).hasContent("d");
    file.close();
  }

  @Test
  void whatTheQueueDoesNotHoldIsDroppedAndCounted() throws IOException {
    Path path = folder.resolve("access.log");
    LogFile file = file(path, 200);
    for (int i = 0; i < 10; i++) {
      offer(file, "line " + i);
    }
    file.write();
    assertThat(path).hasContent("line 0\nline 1");
    assertThat(file.dropped()).isEqualTo(8);
    offer(file, "later");
    file.write();
    assertThat(path).hasContent("line 0\nline 1\nlater");
    file.close();
  }

  @Test
  void fullDiskCostsLinesUntilThereIsRoom() throws IOException {
    Assumptions.assumeTrue(Files.exists(FULL));
    Path path = folder.resolve("access.log");
    Files.createSymbolicLink(path, FULL);
    LogFile file = file(path, 1_000);
    offer(file, "lost");
    offer(file, "lost too");
    assertThat(file.write()).isTrue();
    assertThat(file.dropped()).isEqualTo(2);
    offer(file, "waits");
    assertThat(file.write()).isFalse();
    Files.delete(path);
    passSecond();
    assertThat(file.write()).isTrue();
    assertThat(path).hasContent("waits");
    assertThat(file.dropped()).isEqualTo(2);
    assertThat(file.written()).isEqualTo(1);
    file.close();
  }

  @Test
  void everyLineIsEitherWrittenWholeOrCounted() throws Exception {
    Path path = folder.resolve("access.log");
    int threads = 4;
    int each = 5_000;
    try (LogFiles files = new LogFiles(System::nanoTime, 32 << 10)) {
      LogFile file = files.file(path.toString());
      List<Thread> loops = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        String line = ("line of " + i + " ").repeat(4) + "end";
        loops.add(
            Thread.ofPlatform()
                .start(
                    () -> {
                      for (int k = 0; k < each; k++) {
                        offer(file, line);
                      }
                    }));
      }
      for (Thread loop : loops) {
        loop.join();
      }
      Awaitility.await().until(() -> file.written() + file.dropped() == threads * each);
      assertThat(file.written()).isPositive();
      assertThat(Files.readAllLines(path))
          .hasSize((int) file.written())
          .allSatisfy(line -> assertThat(line).matches("(line of (\\d) )(line of \\2 ){3}end"));
    }
  }

  @Test
  void missingFolderCostsLinesUntilItIsThere() throws IOException {
    Path path = folder.resolve("missing/access.log");
    LogFile file = file(path, 1_000);
    offer(file, "lost");
    file.write();
    Files.createDirectory(path.getParent());
    passSecond();
    offer(file, "kept");
    file.write();
    assertThat(path).hasContent("kept");
    assertThat(file.dropped()).isEqualTo(1);
    file.end();
  }

  @Test
  void oneThreadWritesAllFilesAndTheRestAtItsEnd() throws IOException {
    Path a = folder.resolve("a.log");
    Path b = folder.resolve("b.log");
    try (LogFiles files = new LogFiles(System::nanoTime)) {
      assertThat(files.file(a.toString())).isSameAs(files.file(a.toString()));
      offer(files.file(a.toString()), "1");
      Awaitility.await().until(() -> Files.exists(a) && Files.size(a) == 2);
      for (int i = 0; i < 500; i++) {
        offer(files.file(b.toString()), "line " + i);
      }
    }
    assertThat(Files.readAllLines(b)).hasSize(500).endsWith("line 499");
  }
}
