package io.fairlead.control;

import io.envoyproxy.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor.Entry;
import io.fairlead.config.Manifest;
import io.fairlead.config.RateLimitDomain;
import io.fairlead.config.RateLimitDomain.Limit;
import io.fairlead.config.RateLimitDomain.Node;
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
    private @Nullable Limit limit;

    Level(List<Node> nodes) {
      for (Node node : nodes) {
        Level below = new Level(node.nested());
        below.limit = node.limit().orElse(null);
        if (node.value().isPresent()) {
          byValue.put(pair(node.key(), node.value().get()), below);
        } else {
          byKey.put(node.key(), below);
        }
      }
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

  private RateLimits() {}

  static RateLimits of(List<Manifest> manifests) {
    RateLimits made = new RateLimits();
    for (Manifest manifest : manifests) {
      if (manifest instanceof RateLimitDomain domain) {
        made.domains.put(domain.domain(), new Level(domain.limits()));
      }
    }
    return made;
  }

  /** The limit of exactly this descriptor, or null. */
  @Nullable Limit find(String domain, RateLimitDescriptor descriptor) {
    Level level = domains.get(domain);
    for (Entry entry : descriptor.getEntriesList()) {
      level = level == null ? null : level.below(entry);
    }
    return level == null ? null : level.limit;
  }
}
