package io.fairlead.proxy.exchange;

import io.fairlead.proxy.http1.Head;
import org.jspecify.annotations.Nullable;

/** That in which requests for one endpoint are equal. Safe for all loops. */
@FunctionalInterface
public interface AffinityKey {
  /** The affinity of the request with this head; null if it may go anywhere. */
  @Nullable Affinity of(Exchange exchange, Head head);
}
