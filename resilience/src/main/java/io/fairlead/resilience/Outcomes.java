package io.fairlead.resilience;

/**
 * How many calls there were and how many of them failed or were slow. Immutable.
 *
 * @param calls all calls
 * @param failures the failed ones
 * @param slowCalls the slow ones, failed or not
 */
record Outcomes(long calls, long failures, long slowCalls) {
  static final Outcomes NONE = new Outcomes(0, 0, 0);
}
