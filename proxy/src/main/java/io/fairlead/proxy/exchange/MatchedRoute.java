package io.fairlead.proxy.exchange;

import io.fairlead.proxy.access.CorsRules;
import io.fairlead.proxy.access.KeyRing;
import io.fairlead.proxy.http1.Head;
import io.fairlead.resilience.Priority;
import io.fairlead.resilience.RateLimiter;
import org.jspecify.annotations.Nullable;

/** The route that a request takes, as the layers between routing and forwarding see it. */
public interface MatchedRoute {
  /** The route's name. */
  String name();

  /** Who may call it, or null for everybody. */
  @Nullable KeyRing keys();

  /** Bounds its requests, or null. */
  @Nullable RateLimiter rateLimiter();

  /** What a service counts of its requests, or null. */
  @Nullable GlobalLimit globalLimit();

  /** Faults that are injected into its requests, or null. */
  @Nullable InjectedFault fault();

  /** What pages of other origins may do, or null. */
  @Nullable CorsRules cors();

  /** How much its requests matter when memory is short, where it says so; or null. */
  @Nullable Priority priority();

  /** Chooses the exchange's target and changes the head for it, or answers the request. */
  Verdict act(Exchange exchange, Head head);

  /** Changes the head of the answer. */
  void answer(Exchange exchange, Head head);
}
