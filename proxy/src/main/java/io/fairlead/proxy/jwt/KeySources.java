package io.fairlead.proxy.jwt;

import io.fairlead.resilience.Ticker;
import io.fairlead.traffic.JwtProvider;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;

/**
 * Where keys come from, by their addresses: they live on across configurations, so that a change of
 * a route fetches nothing. For one thread at a time.
 */
public final class KeySources {
  private final Ticker ticker;
  private Map<String, KeySource> byUri = new HashMap<>();

  public KeySources(Ticker ticker) {
    this.ticker = ticker;
  }

  /** The sources of a configuration that is being made. */
  public Draft draft() {
    return new Draft();
  }

  /** Collects what a configuration needs. */
  public final class Draft {
    private final Map<String, KeySource> wanted = new HashMap<>();

    private Draft() {}

    /**
     * The source of a provider's keys.
     *
     * @throws IllegalArgumentException if keys that stand in the configuration cannot be read
     */
    KeySource source(JwtProvider.Keys keys) {
      return switch (keys) {
        case JwtProvider.Keys.Inline(var jwks) -> KeySource.inline(KeySet.parse(jwks));
        case JwtProvider.Keys.Remote(var uri) -> wanted.computeIfAbsent(uri, this::remote);
      };
    }

    private KeySource remote(String uri) {
      KeySource present = byUri.get(uri);
      return present == null ? KeySource.remote(URI.create(uri), ticker) : present;
    }

    /** Forgets the sources that nobody asked for. */
    public void commit() {
      byUri = wanted;
    }
  }
}
