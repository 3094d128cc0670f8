package io.fairlead.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes that share an outbox are killed by signal 9 while they enqueue and handle, one after
 * the other while the rest goes on: no message is lost, and none takes effect twice.
 */
@Timeout(600)
abstract class KillContract {
  private static final int KILLS = Integer.getInteger("fairlead.kills", 200);
  private static final int KILLS_PER_LOOK = 10;
  private static final int MAX_LINES = 24;
  private static final int MAX_MICROS = 5_000;

  @TempDir Path folder;
  Random random;
  Processes processes;
  private Outbox outbox;

  /** Where the outbox lies, as {@link OutboxProcess} understands it. */
  abstract String address() throws Exception;

  abstract Outbox open() throws Exception;

  /** Anything else that must hold whenever it is looked at. */
  abstract void assertSound() throws Exception;

  @BeforeEach
  void prepare() throws Exception {
    long seed = Long.getLong("fairlead.seed", System.nanoTime());
    System.out.println(getClass().getSimpleName() + ": -Dfairlead.seed=" + seed);
    random = new Random(seed);
    processes = new Processes(folder, address());
    outbox = open();
  }

  @AfterEach
  void end() throws Exception {
    processes.close();
    outbox.close();
  }

  @Test
  void killedProcessesLoseNothingAndDoubleNothing() throws Exception {
    Set<String> done = Set.of();
    for (int kill = 1; kill <= KILLS; kill++) {
      processes.killOldest(1 + random.nextInt(MAX_LINES), random.nextInt(MAX_MICROS));
      if (kill % KILLS_PER_LOOK == 0) {
        assertNoneHandledAgain(done);
        done = doneKeys();
        processes.mark();
        assertSound();
      }
    }
    processes.close();
    assertNoneHandledAgain(done);
    assertEachAcceptedMessageTookEffectOnce(KILLS);
    assertThat(processes.killed()).isGreaterThanOrEqualTo(KILLS);
  }

  /** Once its key was seen as done, no process begins with it. */
  private void assertNoneHandledAgain(Set<String> done) throws IOException {
    assertThat(processes.keysSinceMark("handled")).noneMatch(done::contains);
  }

  private Set<String> doneKeys() {
    String sql = "SELECT key FROM " + outbox.store().messages().table + " WHERE state = 'DONE'";
    return outbox.store().read(session -> keys(session, sql));
  }

  private static Set<String> keys(Session session, String sql) throws SQLException {
    Set<String> keys = new HashSet<>();
    try (ResultSet row = session.prepare(sql).executeQuery()) {
      while (row.next()) {
        keys.add(row.getString(1));
      }
    }
    return keys;
  }

  /**
   * @param hurt how often a process was killed, or else lost what was in its hands
   */
  void assertEachAcceptedMessageTookEffectOnce(int hurt) throws Exception {
    processes.drain(outbox);
    assertSound();
    var accepted = processes.keys("accepted");
    assertThat(accepted).doesNotHaveDuplicates().hasSizeGreaterThan(100);
    assertThat(accepted).allMatch(processes::hasEffect);
    assertThat(processes.keys("found")).allMatch(processes::hasEffect);
    assertThat(processes.keys("effect")).doesNotHaveDuplicates();
    assertThat(processes.keys("full")).isEmpty();
    // Only what was in the hands of a killed process is handled again after its effect.
    var repeated = processes.keys("repeated");
    assertThat(repeated).hasSizeLessThanOrEqualTo(hurt * OutboxProcess.WORKER.concurrency());
    System.out.printf(
        "%s: %d times hurt, %d accepted, %d handled, %d of them again before their record%n",
        getClass().getSimpleName(),
        hurt,
        accepted.size(),
        processes.keys("handled").size(),
        repeated.size());
  }
}
