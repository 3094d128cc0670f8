package io.fairlead.control;

import io.envoyproxy.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor.Entry;
import io.fairlead.config.Manifest;
import io.fairlead.config.RateLimitDomain;
import io.fairlead.config.RateLimitDomain.Limit;
import io.fairlead.config.RateLimitDomain.Node;
import io.fairlead.control.RateLimitMetrics.Counts;
import io.fairlead.control.RateLimitMetrics.Rule;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The limits of all domains, by the entries of descriptors. Immutable. */
final class RateLimits {
  private final Map<String, Level> domains = new HashMap<>();

  /** What may stand at one place of a descriptor. */
  private static final class Level {
    private final Map<String, Level> byValue = new HashMap<>();
    private final Map<String, Level> byKey = new HashMap<>();
    private @Nullable Counted limit;

    Level(List<Node> nodes, Rule above, Map<Rule, Counts> counts, RateLimitMetrics metrics) {
      for (Node node : nodes) {
        Rule rule = rule(above, node);
        Level below = new Level(node.nested(), rule, counts, metrics);
        if (node.limit().isPresent()) {
          Counts own = counts.computeIfAbsent(rule, metrics::of);
          below.limit = new Counted(node.limit().get(), own);
        }
        if (node.value().isPresent()) {
          byValue.put(pair(node.key(), node.value().get()), below);
        } else {
          byKey.put(node.key(), below);
        }
      }
    }

    private static Rule rule(Rule above, Node node) {
      String dot = above.path().isEmpty() ? "" : ".";
      String value = node.value().map(text -> "_" + text).orElse("");
      return new Rule(above.domain(), above.path() + dot + node.key() + value);
    }

    /** A node for the value goes before one for the key alone. */
    @Nullable Level below(Entry entry) {
      Level exact = byValue.get(pair(entry.getKey(), entry.getValue()));
      return exact == null ? byKey.get(entry.getKey()) : exact;
    }

    private static String pair(String key, String value) {
      return key.length() + ":" + key + value;
    }
  }

  /** A limit, and how often it decided what. */
  record Counted(Limit limit, Counts counts) {}

  private RateLimits() {}

  /** Reads them; what is counted of rules that are in force no more is forgotten. */
  static RateLimits of(List<Manifest> manifests, RateLimitMetrics metrics) {
    RateLimits made = new RateLimits();
    Map<Rule, Counts> counts = new HashMap<>();
    for (Manifest manifest : manifests) {
      if (manifest instanceof RateLimitDomain domain) {
        Rule root = new Rule(domain.domain(), "");
        made.domains.put(domain.domain(), new Level(domain.limits(), root, counts, metrics));
      }
    }
    metrics.keep(counts.keySet());
    return made;
  }

  /** The limit of exactly this descriptor, or null. */
  @Nullable Counted find(String domain, RateLimitDescriptor descriptor) {
    Level level = domains.get(domain);
    for (Entry entry : descriptor.getEntriesList()) {
      level = level == null ? null : level.below(entry);
    }
    return level == null ? null : level.limit;
  }
}
