package io.fairlead.resilience;

/** The clocks of this process. */
enum SystemTicker implements Ticker {
  EXACT {
    @Override
    public long nanos() {
      return System.nanoTime();
    }
  },
  FINE {
    @Override
    public long nanos() {
      return CoarseClock.fineNanos();
    }
  },
  COARSE {
    @Override
    public long nanos() {
      return CoarseClock.nanos();
    }
  }
}
