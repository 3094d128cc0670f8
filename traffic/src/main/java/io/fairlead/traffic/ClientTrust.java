package io.fairlead.traffic;

import io.fairlead.config.Cidr;
import java.util.List;

/**
 * How far a listener believes what its clients say of themselves. Immutable.
 *
 * @param trustedHops proxies before this one that append to {@code x-forwarded-for}; 0 to 100
 * @param trustedProxies addresses of such proxies, instead of their number
 * @param underscores what becomes of headers with an underscore in their name
 */
public record ClientTrust(int trustedHops, List<Cidr> trustedProxies, Underscores underscores) {
  /** Nobody is trusted, and every header is taken. */
  public static final ClientTrust NONE = new ClientTrust(0, List.of(), Underscores.ALLOW);

  /**
   * What becomes of headers with an underscore, which some servers cannot tell from a dash.
   *
   * @see <a
   *     href="https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/core/v3/protocol.proto">
   *     envoy.config.core.v3.HttpProtocolOptions</a>
   */
  public enum Underscores {
    ALLOW,
    DROP,
    REFUSE
  }

  public ClientTrust {
    if (trustedHops < 0 || trustedHops > 100) {
      throw new IllegalArgumentException("trustedHops: must be 0 to 100, was " + trustedHops);
    }
    trustedProxies = List.copyOf(trustedProxies);
    if (trustedHops > 0 && !trustedProxies.isEmpty()) {
      throw new IllegalArgumentException("trustedProxies: must be empty beside trustedHops");
    }
  }
}
