package io.fairlead.proxy.metric;

import java.util.concurrent.atomic.LongAdder;

/** Counts what services said that were asked about requests. Safe for all threads. */
public final class CheckCounts {
  private final LongAdder[] counts = new LongAdder[Outcome.values().length];

  /** What came of a question. */
  public enum Outcome {
    /** The request passed. */
    OK("ok"),
    /** The request was refused by the service. */
    DENIED("denied"),
    /** There was no answer, so the request was refused. */
    ERROR("error"),
    /** There was no answer, and the request passed nevertheless. */
    FAILURE_MODE_ALLOWED("failure_mode_allowed");

    private final String text;

    Outcome(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }
  }

  CheckCounts() {
    for (int i = 0; i < counts.length; i++) {
      counts[i] = new LongAdder();
    }
  }

  /** Counts one. */
  public void add(Outcome outcome) {
    counts[outcome.ordinal()].increment();
  }

  long count(Outcome outcome) {
    return counts[outcome.ordinal()].sum();
  }
}
