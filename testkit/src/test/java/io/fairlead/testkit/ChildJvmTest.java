package io.fairlead.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class ChildJvmTest {
  private static final Duration BOUND = Duration.ofSeconds(20);

  /** Speaks twice and then stays until it is killed. */
  static final class Greeter {
    private Greeter() {}

    public static void main(String[] names) throws InterruptedException {
      System.out.println("starting");
      System.out.println("hello " + names[0]);
      System.out.println("again");
      new CountDownLatch(1).await();
    }
  }

  @Test
  void aChildIsHeardUntilItIsKilled() throws Exception {
    try (var child = ChildJvm.start(Greeter.class, List.of("fairlead"))) {
      assertThat(child.awaitLine("hello ", BOUND)).isEqualTo("fairlead");
      assertThat(child.awaitLine("again", BOUND)).isEmpty();
      assertThat(ProcessHandle.of(child.pid())).get().matches(ProcessHandle::isAlive);

      child.kill();

      assertThat(ProcessHandle.of(child.pid()).filter(ProcessHandle::isAlive)).isEmpty();
    }
  }

  @Test
  void aLineThatNeverComesIsAnErrorThatShowsWhatCame() throws Exception {
    try (var child = ChildJvm.start(Greeter.class, List.of("fairlead"))) {
      child.awaitLine("hello", BOUND);

      assertThatThrownBy(() -> child.awaitLine("bye", Duration.ofMillis(200)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("'bye'");
    }
  }
}
