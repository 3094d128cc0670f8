package io.fairlead.proxy.jwt;

import io.fairlead.resilience.Ticker;
import io.fairlead.traffic.JwtProvider;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Where keys come from, and the tokens that they have verified: both live on across configurations,
 * so that a change of a route fetches and computes nothing. For one thread at a time.
 */
public final class KeySources {
  private final Ticker ticker;
  private final List<VerifiedTokens> verified;
  private Map<JwtProvider.Keys, KeySource> byKeys = new HashMap<>();

  /** No sources yet, for so many event loops. */
  public KeySources(Ticker ticker, int loops) {
    this.ticker = ticker;
    verified = Stream.generate(VerifiedTokens::new).limit(loops).toList();
  }

  /** The sources of a configuration that is being made. */
  public Draft draft() {
    return new Draft();
  }

  /** Collects what a configuration needs. */
  public final class Draft {
    private final Map<JwtProvider.Keys, KeySource> wanted = new HashMap<>();

    private Draft() {}

    /**
     * The source of a provider's keys.
     *
     * @throws IllegalArgumentException if keys that stand in the configuration cannot be read
     */
    KeySource source(JwtProvider.Keys keys) {
      return wanted.computeIfAbsent(keys, this::presentOrNew);
    }

    private KeySource presentOrNew(JwtProvider.Keys keys) {
      KeySource present = byKeys.get(keys);
      if (present != null) {
        return present;
      }
      return switch (keys) {
        case JwtProvider.Keys.Inline(var jwks) -> KeySource.inline(KeySet.parse(jwks));
        case JwtProvider.Keys.Remote(var uri) -> KeySource.remote(URI.create(uri), ticker);
      };
    }

    /** The tokens that were verified, by the index of the loop that they belong to. */
    List<VerifiedTokens> verified() {
      return verified;
    }

    /** Forgets the sources that nobody asked for. */
    public void commit() {
      byKeys = wanted;
    }
  }
}
