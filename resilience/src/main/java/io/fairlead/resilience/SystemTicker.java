package io.fairlead.resilience;

/** The clocks of this process. */
enum SystemTicker implements Ticker {
  EXACT {
    @Override
    public long nanos() {
      return System.nanoTime();
    }
  },
  COARSE {
    @Override
    public long nanos() {
      return CoarseClock.nanos();
    }
  }
}
