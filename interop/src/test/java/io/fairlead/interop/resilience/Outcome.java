package io.fairlead.interop.resilience;

/** What was seen when a scenario was run against one library. */
enum Outcome {
  OK("ok"),
  FAILS("fails"),
  /** The library has nothing that the scenario could be run on. */
  NOT_OFFERED("not offered"),
  /** The library may be affected, but nothing that it offers lets a test find out. */
  NOT_REACHABLE("not reachable");

  private final String text;

  Outcome(String text) {
    this.text = text;
  }

  static Outcome okIf(boolean held) {
    return held ? OK : FAILS;
  }

  /** As the table has it. */
  String text() {
    return text;
  }
}
