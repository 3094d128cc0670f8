package io.fairlead.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.testkit.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {
  private static final Duration BOUND = Duration.ofSeconds(20);

  @TempDir private Path folder;

  /** Holds the folder until it is killed. */
  static final class Holder {
    private Holder() {}

    public static void main(String[] folder) throws Exception {
      DataDirectory.open(Path.of(folder[0]), "fairlead up");
      System.out.println("holding");
      new CountDownLatch(1).await();
    }
  }

  @Test
  void aSecondProcessIsRefusedByNameUntilTheFirstEnds() throws Exception {
    try (var first = ChildJvm.start(Holder.class, List.of(folder.toString()))) {
      first.awaitLine("holding", BOUND);

      assertThatThrownBy(() -> DataDirectory.open(folder, "fairlead registry"))
          .isInstanceOf(DataDirectory.InUseException.class)
          .hasMessage(
              "data directory %s is in use by process %d (fairlead up): stop it, or name another"
                      .formatted(folder, first.pid())
                  + " with --data");

      first.kill();
      try (var second = DataDirectory.open(folder, "fairlead registry")) {
        assertThat(second.file("lock"))
            .content()
            .isEqualTo("process " + ProcessHandle.current().pid() + " (fairlead registry)\n");
      }
    }
  }

  @Test
  void theSameProcessCannotHoldItTwiceNorLoseItByTrying() throws Exception {
    try (var first = DataDirectory.open(folder, "fairlead up")) {
      assertThat(first.path()).isEqualTo(folder);
      assertThatThrownBy(() -> DataDirectory.open(folder, "again"))
          .isInstanceOf(DataDirectory.InUseException.class);

      try (var other = ChildJvm.start(Holder.class, List.of(folder.toString()))) {
        assertThat(other.awaitLine("Exception in thread", BOUND)).contains("is in use by process");
      }
    }
  }

  @Test
  void aNewFolderIsForItsOwnerOnly() throws IOException {
    try (var data = DataDirectory.open(folder.resolve("deep/state"), "fairlead up")) {
      assertThat(Files.getPosixFilePermissions(data.path()))
          .extracting(Enum::name)
          .containsExactlyInAnyOrder("OWNER_READ", "OWNER_WRITE", "OWNER_EXECUTE");
    }
  }
}
