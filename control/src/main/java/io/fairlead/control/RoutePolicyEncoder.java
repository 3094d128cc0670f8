package io.fairlead.control;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy.RetryBackOff;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy.RetryHostPredicate;
import io.envoyproxy.envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.resilience.RetryOn;
import io.fairlead.resilience.RetrySettings;
import io.fairlead.resilience.TimeoutSettings;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteFilters;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * What Envoy enforces of the policy that holds for a route: the route's own, or else that of the
 * cluster it leads to, the first of several. Our own data planes read both whole from metadata and
 * nothing of this. Stateless.
 */
final class RoutePolicyEncoder {
  /** The conditions that a real Envoy has under the same name. */
  private static final Set<RetryOn> NATIVE_RETRIES =
      EnumSet.of(
          RetryOn.CONNECT_FAILURE,
          RetryOn.REFUSED_STREAM,
          RetryOn.RESET,
          RetryOn.GATEWAY_ERROR,
          RetryOn.SERVER_ERROR,
          RetryOn.CANCELLED,
          RetryOn.DEADLINE_EXCEEDED,
          RetryOn.INTERNAL,
          RetryOn.RESOURCE_EXHAUSTED,
          RetryOn.UNAVAILABLE);

  /** Conditions that Envoy has as statuses. */
  private static final Set<RetryOn> STATUSES =
      EnumSet.of(RetryOn.REQUEST_TIMEOUT, RetryOn.TOO_EARLY, RetryOn.TOO_MANY_REQUESTS);

  /** So often Envoy looks for an endpoint that was not tried before it takes any. */
  private static final int OTHER_HOSTS = 5;

  private RoutePolicyEncoder() {}

  static void add(
      Route route,
      Optional<Cluster> callee,
      io.envoyproxy.envoy.config.route.v3.RouteAction.Builder message) {
    var own = route.resilience();
    var shared = callee.map(Cluster::resilience).orElseGet(ResilienceSettings::none);
    var timeout = own.timeout().or(shared::timeout);
    // Envoy ends a request after 15 s where nothing is said, and we do not.
    message.setTimeout(timeout.map(time -> duration(time.request())).orElse(Durations.ZERO));
    timeout.map(TimeoutSettings::idle).ifPresent(idle -> message.setIdleTimeout(duration(idle)));
    own.retry()
        .or(shared::retry)
        .ifPresent(retry -> message.setRetryPolicy(policy(retry, route.filters())));
  }

  private static RetryPolicy policy(RetrySettings retry, RouteFilters filters) {
    var conditions = new ArrayList<String>();
    var codes = new ArrayList<Integer>(filters.retryCodes());
    for (var condition : retry.on()) {
      if (NATIVE_RETRIES.contains(condition)) {
        conditions.add(condition.text());
      } else if (STATUSES.contains(condition)) {
        codes.add(status(condition));
      }
    }
    if (!codes.isEmpty()) {
      conditions.add("retriable-status-codes");
    }
    var policy =
        RetryPolicy.newBuilder()
            .setNumRetries(UInt32Value.of(retry.maxRetries()))
            .setRetryOn(String.join(",", conditions))
            .addAllRetriableStatusCodes(codes.stream().distinct().toList())
            .setRetryBackOff(backOff(retry))
            .addRetryHostPredicate(
                RetryHostPredicate.newBuilder()
                    .setName("envoy.retry_host_predicates.previous_hosts")
                    .setTypedConfig(Any.pack(PreviousHostsPredicate.getDefaultInstance())))
            .setHostSelectionRetryMaxAttempts(OTHER_HOSTS);
    filters.perTry().ifPresent(time -> policy.setPerTryTimeout(duration(time)));
    return policy.build();
  }

  /** Envoy's is at least a millisecond, and grows as it likes up to its bound. */
  private static RetryBackOff backOff(RetrySettings retry) {
    long least = Math.max(1, retry.initialDelay().toMillis());
    return RetryBackOff.newBuilder()
        .setBaseInterval(Durations.fromMillis(least))
        .setMaxInterval(Durations.fromMillis(Math.max(least, retry.maxDelay().toMillis())))
        .build();
  }

  private static int status(RetryOn condition) {
    return switch (condition) {
      case REQUEST_TIMEOUT -> 408;
      case TOO_EARLY -> 425;
      default -> 429;
    };
  }

  private static Duration duration(java.time.Duration value) {
    return Durations.fromNanos(value.toNanos());
  }
}
