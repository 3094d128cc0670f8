package io.fairlead.control;

import io.fairlead.telemetry.Labels;
import io.fairlead.telemetry.PrometheusText;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * What the rate limit service decided, for each rule of the configuration and each outcome: as many
 * series as there are rules, whatever proxies send. A rule that stays keeps its counts when the
 * configuration changes. Safe for all threads.
 */
final class RateLimitMetrics {
  private final Map<Rule, Counts> rules = new TreeMap<>();
  private final LongAdder unlimited = new LongAdder();
  private final LongAdder invalid = new LongAdder();

  /** How a descriptor fared. */
  enum Outcome {
    OK,
    /** Within the limit, and above 80 percent of it. */
    NEAR_LIMIT,
    OVER_LIMIT,
    /** Above a limit that only counts. */
    SHADOW,
    /** It could not be counted. */
    ERROR
  }

  /**
   * A node of the configuration.
   *
   * @param path keys, and values where the node has one, such as {@code generic_key_checkout.path}
   */
  record Rule(String domain, String path) implements Comparable<Rule> {
    @Override
    public int compareTo(Rule other) {
      int byDomain = domain.compareTo(other.domain);
      return byDomain != 0 ? byDomain : path.compareTo(other.path);
    }
  }

  /** Counts of one rule. */
  static final class Counts {
    private final AtomicLongArray all = new AtomicLongArray(Outcome.values().length);

    void add(Outcome outcome) {
      all.incrementAndGet(outcome.ordinal());
    }
  }

  /** The counts of a rule, which begin with 0. */
  synchronized Counts of(Rule rule) {
    return rules.computeIfAbsent(rule, added -> new Counts());
  }

  /** Forgets all other rules. */
  synchronized void keep(Set<Rule> present) {
    rules.keySet().retainAll(present);
  }

  /** A descriptor that no rule limits. */
  void unlimited() {
    unlimited.increment();
  }

  /** A request that is against the protocol. */
  void invalid() {
    invalid.increment();
  }

  /** Prometheus text, version 0.0.4. */
  synchronized String prometheus() {
    var page = new PrometheusText();
    page.counter(
        "fairlead_rate_limit_decisions_total",
        "Descriptors that a rule of a RateLimitDomain counted.");
    rules.forEach(
        (rule, counts) -> {
          var labels = Labels.of("domain", rule.domain, "rule", rule.path);
          for (var outcome : Outcome.values()) {
            page.sample(
                labels.and("outcome", outcome.name().toLowerCase(Locale.ROOT)),
                counts.all.get(outcome.ordinal()));
          }
        });
    return page.counter("fairlead_rate_limit_unlimited_total", "Descriptors without a rule.")
        .sample(Labels.NONE, unlimited.sum())
        .counter("fairlead_rate_limit_invalid_total", "Requests that were refused.")
        .sample(Labels.NONE, invalid.sum())
        .toString();
  }
}
