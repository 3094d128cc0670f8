package io.fairlead.proxy.upstream;

import io.fairlead.proxy.exchange.Attempt;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** Attempts that wait for a connection to an endpoint, counted for the cluster. For one loop. */
final class WaitingLine {
  private final ArrayDeque<Attempt> line = new ArrayDeque<>();
  private final ClusterLoad load;

  WaitingLine(ClusterLoad load) {
    this.load = load;
  }

  int size() {
    return line.size();
  }

  void add(Attempt attempt) {
    line.add(attempt);
    load.waitingChanged(1);
  }

  /** Puts an attempt back to where it stood. */
  void addFirst(Attempt attempt) {
    line.addFirst(attempt);
    load.waitingChanged(1);
  }

  /** An attempt is over, whether it waits or not: it takes nobody's place any more. */
  void leave(Attempt attempt) {
    if (!line.isEmpty() && line.removeFirstOccurrence(attempt)) {
      load.waitingChanged(-1);
    }
  }

  @Nullable Attempt poll() {
    Attempt first = line.poll();
    if (first != null) {
      load.waitingChanged(-1);
    }
    return first;
  }
}
