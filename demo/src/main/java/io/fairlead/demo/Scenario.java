package io.fairlead.demo;

/**
 * Something that the mesh does for the shop, shown on real traffic.
 *
 * @param name one word, by which {@code --scenario} picks it
 * @param expected what must be seen, in a sentence
 * @param show does it and says what was seen
 */
record Scenario(String name, String expected, Show show) {

  /** Shows it on the running shop, and leaves the shop healthy. */
  @FunctionalInterface
  interface Show {
    Outcome run(Shop shop) throws Exception;
  }

  /**
   * What was seen.
   *
   * @param passed whether it is what was expected, times aside
   * @param inTime whether the times are, which the load of the machine has a say in too
   * @param observed in a sentence, with figures
   * @param traceId a trace that shows it; empty if no request got into the mesh
   */
  record Outcome(boolean passed, boolean inTime, String observed, String traceId) {
    /** Of something in which times do not matter. */
    Outcome(boolean passed, String observed, String traceId) {
      this(passed, true, observed, traceId);
    }
  }
}
