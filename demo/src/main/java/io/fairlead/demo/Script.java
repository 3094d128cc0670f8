package io.fairlead.demo;

import java.io.PrintWriter;
import java.util.List;

/** Runs scenarios one after the other and prints what was expected beside what was observed. */
final class Script {
  private final Shop shop;
  private final PrintWriter out;

  Script(Shop shop, PrintWriter out) {
    this.shop = shop;
    this.out = out;
  }

  /** Runs them all; 0 if each showed what it must. */
  int run(List<Scenario> scenarios) {
    int failed = 0;
    long begin = System.nanoTime();
    for (var scenario : scenarios) {
      long start = System.nanoTime();
      var outcome = show(scenario);
      boolean passed = outcome.passed() && outcome.inTime();
      failed += passed ? 0 : 1;
      out.printf("%n%s %s (%.1f s)%n", passed ? "PASS" : "FAIL", scenario.name(), since(start));
      out.println("  expected: " + scenario.expected());
      out.println("  observed: " + outcome.observed().strip());
      if (!outcome.traceId().isEmpty()) {
        out.println("  trace:    " + outcome.traceId());
      }
      out.flush();
    }
    out.printf(
        "%n%d of %d scenarios passed in %.0f s%n",
        scenarios.size() - failed, scenarios.size(), since(begin));
    out.flush();
    return failed == 0 ? 0 : 1;
  }

  private Scenario.Outcome show(Scenario scenario) {
    try {
      return scenario.show().run(shop);
    } catch (Exception failure) {
      return new Scenario.Outcome(false, failure.toString(), "");
    }
  }

  private static double since(long start) {
    return (System.nanoTime() - start) / 1e9;
  }
}
