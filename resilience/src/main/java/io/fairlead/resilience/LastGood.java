package io.fairlead.resilience;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The newest answer of a call as its fallback. */
final class LastGood<T> implements Fallback<T> {
  private final long maxAgeNanos;
  private final Ticker ticker;
  private volatile @Nullable Answer<T> newest;

  private record Answer<T>(T value, long atNanos) {}

  LastGood(Duration maxAge, Ticker ticker) {
    Require.positive("maxAge", maxAge);
    maxAgeNanos = maxAge.toNanos();
    this.ticker = ticker.atLeast(maxAge);
  }

  @Override
  public void succeeded(T answer) {
    newest = new Answer<>(answer, ticker.nanos());
  }

  @Override
  public T recover(Exception failure) throws Exception {
    Answer<T> answer = newest;
    if (answer == null || ticker.nanos() - answer.atNanos > maxAgeNanos) {
      throw failure;
    }
    return answer.value;
  }
}
