package io.fairlead.traffic;

import com.google.re2j.Pattern;
import io.fairlead.config.Manifest.HttpRoute;
import io.fairlead.config.Manifest.RouteFilter;
import io.fairlead.config.Manifest.RoutePolicy;
import io.fairlead.resilience.RetryOn;
import io.fairlead.resilience.RetrySettings;
import io.fairlead.traffic.Route.ValueMatch;
import io.fairlead.traffic.RouteFilters.Cors;
import io.fairlead.traffic.RouteFilters.FaultInjection;
import io.fairlead.traffic.RouteFilters.Limits;
import io.fairlead.traffic.RouteFilters.Mirror;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;

/** What rules of HTTPRoutes and their policies do beside the action. Pure. */
final class RouteFilterTranslation {
  /** Retries where a rule asks for them without a number. */
  private static final int RETRIES = 2;

  private static final Duration BACKOFF = Duration.ofMillis(25);

  private RouteFilterTranslation() {}

  static RouteFilters filters(
      HttpRoute.Rule rule, Optional<RoutePolicy> policy, Optional<GlobalRateLimit> rateLimit) {
    var mirrors = new ArrayList<Mirror>();
    Optional<Cors> cors = Optional.empty();
    for (var filter : rule.filters()) {
      if (filter instanceof RouteFilter.Mirror(var backend, var percent)) {
        // Where nothing is forwarded, for want of a backend, there is nothing to mirror either.
        if (!rule.backends().isEmpty()) {
          mirrors.add(new Mirror(backend.name(), Share.ofPercent(percent)));
        }
      } else if (filter instanceof RouteFilter.Cors own) {
        cors = Optional.of(cors(own));
      }
    }
    return new RouteFilters(
        mirrors,
        policy.flatMap(RoutePolicy::fault).map(RouteFilterTranslation::fault),
        cors,
        rule.backendTimeout(),
        policy.flatMap(RoutePolicy::hedge),
        policy.flatMap(RoutePolicy::limits).map(RouteFilterTranslation::limits).orElse(Limits.NONE),
        new TreeSet<>(rule.retry().map(HttpRoute.RouteRetry::codes).orElse(List.of())),
        rateLimit,
        policy.flatMap(RoutePolicy::priority));
  }

  /** Failures of connections are always retried where a rule retries at all (GEP-1731). */
  static RetrySettings retry(HttpRoute.RouteRetry retry) {
    var on =
        EnumSet.of(RetryOn.CONNECT_FAILURE, RetryOn.REFUSED_STREAM, RetryOn.RESET, RetryOn.TIMEOUT);
    if (retry.codes().isEmpty()) {
      on.add(RetryOn.GATEWAY_ERROR);
    }
    var backoff = retry.backoff().orElse(BACKOFF);
    var defaults = RetrySettings.defaults();
    var longest = defaults.maxDelay().compareTo(backoff) < 0 ? backoff : defaults.maxDelay();
    return defaults
        .withMaxDelay(longest)
        .withInitialDelay(backoff)
        .withMaxRetries(retry.attempts().orElse(RETRIES))
        .withOn(on);
  }

  private static Limits limits(RoutePolicy.Limits limits) {
    return new Limits(
        limits.maxBody().map(OptionalLong::of).orElseGet(OptionalLong::empty),
        limits.minBodyRate().map(r -> new Limits.BodyRate(r.bytesPerSecond(), r.window())),
        limits.firstByte());
  }

  private static FaultInjection fault(RoutePolicy.Fault fault) {
    return new FaultInjection(
        fault.delay().map(d -> new FaultInjection.Delay(d.fixed(), Share.ofPercent(d.percent()))),
        fault.abort().map(a -> new FaultInjection.Abort(a.status(), Share.ofPercent(a.percent()))),
        fault.headers().stream().map(h -> value(h.name().toLowerCase(Locale.ROOT), h)).toList());
  }

  private static Cors cors(RouteFilter.Cors cors) {
    return new Cors(
        cors.origins().stream().map(RouteFilterTranslation::origin).toList(),
        cors.methods(),
        cors.headers().stream().map(name -> name.toLowerCase(Locale.ROOT)).toList(),
        cors.exposed(),
        cors.credentials() ? Cors.Credentials.ALLOWED : Cors.Credentials.WITHHELD,
        cors.maxAge());
  }

  /** A star stands for any number of labels; browsers send origins in lower case. */
  private static StringMatch origin(String origin) {
    var lower = origin.toLowerCase(Locale.ROOT);
    if (lower.equals("*")) {
      return new StringMatch.Present();
    }
    int star = lower.indexOf("*.");
    if (star < 0) {
      return new StringMatch.Exact(lower);
    }
    var scheme = Pattern.quote(lower.substring(0, star));
    return new StringMatch.Regex(scheme + "[^/]+" + Pattern.quote(lower.substring(star + 1)));
  }

  static ValueMatch value(String name, HttpRoute.ValueMatch condition) {
    var text = condition.value();
    var match =
        switch (condition.form()) {
          case EXACT -> new StringMatch.Exact(text);
          case PREFIX -> new StringMatch.Prefix(text);
          case SUFFIX -> new StringMatch.Suffix(text);
          case CONTAINS -> new StringMatch.Contains(text);
          case REGULAR_EXPRESSION -> StringMatch.regex(text);
          case PRESENT -> new StringMatch.Present();
        };
    var sense =
        switch (condition.sense()) {
          case MATCHES -> ValueMatch.Sense.MATCHES;
          case DIFFERS -> ValueMatch.Sense.DIFFERS;
        };
    return new ValueMatch(name, match, sense);
  }
}
