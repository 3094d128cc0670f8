package io.fairlead.proxy.jwt;

import io.fairlead.proxy.access.Claims;
import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.exchange.Reason;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.jwt.VerifiedTokens.Verified;
import io.fairlead.proxy.loop.Loop;
import io.fairlead.traffic.JwtProvider;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Verifies the token of each request that has one, and refuses with 401 those that are not valid. A
 * request without a token passes; what it may do is for authorization to say. While keys are
 * fetched, requests whose tokens need them wait. A token that comes again is not verified again as
 * long as the keys are the same.
 */
public final class Authenticating implements Layer {
  private static final String INVALID = "error=\"invalid_token\"";

  private static final long LONGEST_WAIT_NANOS = TimeUnit.SECONDS.toNanos(6);

  private final List<Provider> providers;
  private final List<VerifiedTokens> verified;
  private final InstantSource clock;

  /** A request waits for keys. */
  private static final class Wait {
    private Loop.@Nullable Timer timer;

    void stop() {
      if (timer != null) {
        timer.cancel();
        timer = null;
      }
    }
  }

  private Authenticating(
      List<Provider> providers, List<VerifiedTokens> verified, InstantSource clock) {
    this.providers = providers;
    this.verified = verified;
    this.clock = clock;
  }

  /**
   * The layer for these providers.
   *
   * @param faults told of keys that cannot be read, whose provider is left out
   */
  public static Authenticating of(
      List<JwtProvider> providers,
      KeySources.Draft sources,
      InstantSource clock,
      Consumer<String> faults) {
    List<Provider> made = new java.util.ArrayList<>();
    for (JwtProvider provider : providers) {
      try {
        made.add(new Provider(provider, sources.source(provider.keys())));
      } catch (IllegalArgumentException broken) {
        faults.accept("issuer " + provider.issuer() + ": " + broken.getMessage());
      }
    }
    return new Authenticating(List.copyOf(made), sources.verified(), clock);
  }

  @Override
  public Verdict request(Exchange exchange, Head head) {
    for (Provider provider : providers) {
      provider.strip(head);
    }
    return verify(exchange, head, true);
  }

  @Override
  public Verdict resumed(Exchange exchange, Head head) {
    end(exchange);
    return verify(exchange, head, false);
  }

  private Verdict verify(Exchange exchange, Head head, boolean mayWait) {
    VerifiedTokens known = verified.get(exchange.loop().index());
    boolean none = true;
    for (Provider provider : providers) {
      String text = provider.find(head);
      if (text == null) {
        continue;
      }
      none = false;
      Verified before = known.find(text);
      Token token;
      try {
        token = before == null ? Token.parse(text) : before.token();
      } catch (IllegalArgumentException broken) {
        return refusal(head, String.valueOf(broken.getMessage()));
      }
      if (token.issuer().equals(provider.issuer())) {
        String fault = token.fault(provider.audiences(), clock.instant().getEpochSecond());
        if (fault != null) {
          return refusal(head, fault);
        }
        KeySet keys = provider.keys().keys();
        if (before != null && before.keys() == keys) {
          return pass(exchange, head, provider, before.claims());
        }
        boolean helpless = keys == null || !keys.knows(token.keyId());
        return helpless && mayWait && awaitKeys(exchange, provider)
            ? Verdict.WAIT
            : verify(exchange, head, provider, keys, text, token);
      }
    }
    return none ? Verdict.PASS : refusal(head, "the token's issuer is not accepted");
  }

  private Verdict verify(
      Exchange exchange,
      Head head,
      Provider provider,
      @Nullable KeySet keys,
      String text,
      Token token) {
    if (keys == null) {
      return LocalReply.of(
          Reason.NO_KEYS, "the keys of " + provider.issuer() + " cannot be fetched");
    }
    if (!keys.verify(token.keyId(), token.algorithm(), token.signed(), token.signature())) {
      return refusal(head, "the token's signature is not valid");
    }
    Claims claims = token.claims();
    verified.get(exchange.loop().index()).add(text, new Verified(token, claims, keys));
    return pass(exchange, head, provider, claims);
  }

  private static Verdict pass(Exchange exchange, Head head, Provider provider, Claims claims) {
    exchange.passage().claims(claims);
    provider.forward(head, exchange.loop().writer(), claims);
    return Verdict.PASS;
  }

  private static boolean awaitKeys(Exchange exchange, Provider provider) {
    Wait wait = new Wait();
    Runnable goOn =
        () -> {
          // What comes too late finds the request elsewhere, perhaps in another wait.
          if (exchange.passage().parked() == wait) {
            exchange.goOn();
          }
        };
    if (!provider.keys().awaitNewer(exchange.loop(), goOn)) {
      return false;
    }
    wait.timer = exchange.loop().schedule(goOn, LONGEST_WAIT_NANOS);
    exchange.passage().park(wait);
    return true;
  }

  @Override
  public void end(Exchange exchange) {
    if (exchange.passage().parked() instanceof Wait wait) {
      wait.stop();
    }
  }

  /** RFC 6750 section 3. */
  private static LocalReply refusal(Head head, String message) {
    String realm = head.authority().replaceAll("[^A-Za-z0-9.:_-]", "");
    return LocalReply.of(Reason.UNAUTHORIZED, message)
        .with("www-authenticate: Bearer realm=\"" + realm + "\", " + INVALID);
  }
}
