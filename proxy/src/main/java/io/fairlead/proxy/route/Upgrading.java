package io.fairlead.proxy.route;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.exchange.Upgrade;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.proxy.http1.Fault;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.Method;
import io.fairlead.traffic.RouteAction;
import java.util.Set;

/** Has requests become tunnels where their route allows it. Stateless. */
final class Upgrading {
  private static final byte[] WEBSOCKET =
      "connection: Upgrade\r\nupgrade: websocket\r\n".getBytes(US_ASCII);

  private Upgrading() {}

  /**
   * Marks the exchange, and names the upgrade to the upstream again, since fields that belong to
   * one connection do not go on by themselves.
   */
  static Verdict apply(Exchange exchange, Head head, Set<RouteAction.Upgrade> allowed) {
    if (head.method() == Method.CONNECT) {
      if (!allowed.contains(RouteAction.Upgrade.CONNECT)) {
        return LocalReply.of(Fault.CONNECT_UNSUPPORTED);
      }
      exchange.upgrade(Upgrade.RAW);
    } else if (head.wantsWebSocket()) {
      if (!allowed.contains(RouteAction.Upgrade.WEBSOCKET)) {
        return LocalReply.of(Fault.UPGRADE_UNSUPPORTED);
      }
      exchange.upgrade(Upgrade.WEBSOCKET);
      exchange.loop().writer().add(WEBSOCKET);
    }
    return Verdict.PASS;
  }
}
