package io.fairlead.proxy.route;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.fairlead.proxy.exchange.Peer;
import io.fairlead.proxy.exchange.Target;
import io.fairlead.proxy.loop.Loop;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where connections go that are passed on octet by octet. Immutable; safe for all threads. */
public final class TcpRouter {
  private final HostIndex<CompiledAction.Targets> byName;
  private final boolean anyNamed;
  private final CompiledAction.@Nullable Targets rest;
  private final @Nullable Destinations destinations;

  /**
   * @param byName targets of TLS connections that name a server
   * @param rest targets of what nothing else takes, or null
   */
  TcpRouter(Map<String, CompiledAction.Targets> byName, CompiledAction.@Nullable Targets rest) {
    this(new HostIndex<>(byName), byName.isEmpty(), rest, null);
  }

  private TcpRouter(
      HostIndex<CompiledAction.Targets> byName,
      boolean nameless,
      CompiledAction.@Nullable Targets rest,
      @Nullable Destinations destinations) {
    this.byName = byName;
    this.anyNamed = !nameless;
    this.rest = rest;
    this.destinations = destinations;
  }

  /** The same with a better way for the rest that is led here from these destinations. */
  public TcpRouter with(Destinations known) {
    return new TcpRouter(byName, !anyNamed, rest, known);
  }

  /** The same without a way for what nothing else takes. */
  public TcpRouter withoutRest() {
    return new TcpRouter(byName, !anyNamed, null, null);
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

  /** Where everything else goes that has these ends, or null. */
  public @Nullable Target rest(Loop loop, Peer.Ends ends) {
    Target known = destinations == null ? null : destinations.target(ends, loop);
    if (known != null) {
      return known;
    }
    return rest == null ? null : rest.pick(loop);
  }
}
