package io.fairlead.interop.resilience;

/** What has gone wrong in resilience policies elsewhere. The text says what should hold. */
enum Scenario {
  LATE_SUCCESS(
      "A success that began in CLOSED and ends in HALF_OPEN does not close the breaker",
      Probes::lateSuccess),
  STALE_OUTCOMES(
      "Outcomes from before HALF_OPEN do not admit more probes than permitted",
      Probes::staleOutcomes),
  IGNORED_OUTCOMES(
      "Ignored calls from before HALF_OPEN do not admit more probes than permitted",
      Probes::ignoredOutcomes),
  THROWN_ERROR("A probe that throws an `Error` does not keep its permit", Probes::thrownError),
  EXCEPTION_CLASSIFIER(
      "A probe whose exception predicate throws does not keep its permit",
      Probes::exceptionClassifier),
  RESULT_CLASSIFIER(
      "A probe whose result predicate throws does not keep its permit", Probes::resultClassifier),
  THROWING_LISTENER(
      "A throwing listener costs no permit and does not change the call's result",
      Listeners::throwing),
  ABANDONED_PROBES(
      "With default settings, probes that never report do not hold HALF_OPEN for ever",
      Probes::abandoned),
  CLOCK_STEP(
      "With the default clock, a wall clock that is set back changes nothing", WallClock::stepBack),
  NO_STACK_TRACE("By default a rejected call fills no stack trace", CallPath::stackTraces),
  SLOW_LISTENER("A slow listener does not delay the call that it is told of", Listeners::slow),
  COLLECTED("A policy that nobody uses any more is collected", Garbage::used),
  COLLECTED_WITH_TIMER(
      "So is one that was to do something later (automatic transition, timeout)",
      Garbage::withTimer),
  COLLECTED_ENTRY("So is the entry of a registry under a key that nobody uses", Garbage::entry),
  GIVEN_BACK_TWICE(
      "A place in a bulkhead that is given back twice admits no more calls than permitted",
      Bulkheads::givenBackTwice),
  GAVE_UP("Who gave up waiting for a place in a bulkhead takes none later", Bulkheads::gaveUp),
  TIMEOUT("By default a timeout ends a synchronous call that waits", Timeouts::endsCall),
  NO_LOCK("No lock is held while user code runs", Locks::whileUserCodeRuns),
  VIRTUAL_THREADS(
      "A virtual thread that waits in a policy leaves its carrier to others (on JDK 25)",
      VirtualThreads::carrier);

  private final String text;
  private final Observation observation;

  Scenario(String text, Observation observation) {
    this.text = text;
    this.observation = observation;
  }

  /** Runs the scenario against one library. */
  Outcome observe(Library library) throws Exception {
    return observation.of(library);
  }

  /** What should hold, as the table has it. */
  String text() {
    return text;
  }

  @FunctionalInterface
  interface Observation {
    Outcome of(Library library) throws Exception;
  }
}
