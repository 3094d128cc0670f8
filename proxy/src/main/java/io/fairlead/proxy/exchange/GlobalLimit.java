package io.fairlead.proxy.exchange;

import io.fairlead.proxy.http1.Head;
import org.jspecify.annotations.Nullable;

/** What a route has a rate limit service count, ready for use. Immutable; used by all loops. */
public interface GlobalLimit {
  /** The request to the service about this one; null if there is nothing to be counted. */
  byte @Nullable [] question(Exchange exchange, Head head);

  /** Where the service is. */
  Target target();

  /** Whether requests pass while the service gives no answer. */
  boolean passesInSilence();

  /** Counts what the service said. */
  void count(Answer answer);

  /** What came of a question. */
  enum Answer {
    PASSED,
    OVER_LIMIT,
    REFUSED_IN_SILENCE,
    PASSED_IN_SILENCE
  }
}
