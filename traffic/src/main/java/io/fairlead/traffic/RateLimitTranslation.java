package io.fairlead.traffic;

import io.fairlead.config.RateLimitPolicy;
import io.fairlead.traffic.GlobalRateLimit.Descriptor;
import io.fairlead.traffic.GlobalRateLimit.Entry;
import io.fairlead.traffic.GlobalRateLimit.Entry.RequestHeader.Absence;
import java.util.Locale;

/** Rate limit policies to what routes have counted. Pure. */
final class RateLimitTranslation {
  private RateLimitTranslation() {}

  static GlobalRateLimit limit(RateLimitPolicy policy) {
    return new GlobalRateLimit(
        policy.service().name(),
        policy.domain(),
        policy.timeout(),
        switch (policy.failureMode()) {
          case ALLOW -> GlobalRateLimit.FailureMode.ALLOW;
          case REFUSE -> GlobalRateLimit.FailureMode.REFUSE;
        },
        policy.descriptors().stream()
            .map(
                own ->
                    new Descriptor(
                        own.entries().stream().map(RateLimitTranslation::entry).toList(),
                        own.hits()))
            .toList());
  }

  private static Entry entry(RateLimitPolicy.Entry entry) {
    return switch (entry) {
      case RateLimitPolicy.Entry.SourceCluster source -> new Entry.SourceCluster();
      case RateLimitPolicy.Entry.DestinationCluster destination -> new Entry.DestinationCluster();
      case RateLimitPolicy.Entry.RemoteAddress address -> new Entry.RemoteAddress();
      case RateLimitPolicy.Entry.Path path -> new Entry.Path();
      case RateLimitPolicy.Entry.RequestHeader(var name, var key, var absence) ->
          new Entry.RequestHeader(
              name,
              key,
              switch (absence) {
                case DESCRIPTOR_LEFT_OUT -> Absence.DESCRIPTOR_LEFT_OUT;
                case ENTRY_LEFT_OUT -> Absence.ENTRY_LEFT_OUT;
              });
      case RateLimitPolicy.Entry.GenericKey(var key, var value) -> new Entry.GenericKey(key, value);
      case RateLimitPolicy.Entry.HeaderValueMatch(var key, var value, var headers) ->
          new Entry.HeaderValueMatch(
              key,
              value,
              headers.stream()
                  .map(h -> RouteFilterTranslation.value(h.name().toLowerCase(Locale.ROOT), h))
                  .toList());
    };
  }
}
