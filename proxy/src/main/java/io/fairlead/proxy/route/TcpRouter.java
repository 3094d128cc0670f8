package io.fairlead.proxy.route;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.fairlead.proxy.exchange.Target;
import io.fairlead.proxy.loop.Loop;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where connections go that are passed on octet by octet. Immutable; safe for all threads. */
public final class TcpRouter {
  private final HostIndex<CompiledAction.Targets> byName;
  private final boolean anyNamed;
  private final CompiledAction.@Nullable Targets rest;

  /**
   * @param byName targets of TLS connections that name a server
   * @param rest targets of what nothing else takes, or null
   */
  TcpRouter(Map<String, CompiledAction.Targets> byName, CompiledAction.@Nullable Targets rest) {
    this.byName = new HostIndex<>(byName);
    this.anyNamed = !byName.isEmpty();
    this.rest = rest;
  }

  /** Whether the server that a client names counts. */
  public boolean readsNames() {
    return anyNamed;
  }

  /** Whether connections are taken that are neither named nor HTTP. */
  public boolean takesRest() {
    return rest != null;
  }

  /** Where TLS goes that names this server and does not end here, or null. */
  public @Nullable Target named(String serverName, Loop loop) {
    byte[] octets = serverName.getBytes(ISO_8859_1);
    CompiledAction.Targets found = byName.find(octets, 0, octets.length);
    return found == null ? null : found.pick(loop);
  }

  /** Where everything else goes, or null. */
  public @Nullable Target rest(Loop loop) {
    return rest == null ? null : rest.pick(loop);
  }
}
