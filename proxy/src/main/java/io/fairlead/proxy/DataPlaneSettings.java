package io.fairlead.proxy;

import io.fairlead.proxy.downstream.ConnectionLimits;
import io.fairlead.proxy.http1.Http1Limits;
import io.fairlead.proxy.loop.PortSharing;
import io.fairlead.proxy.overload.OverloadSettings;
import io.fairlead.proxy.trace.ExportSettings;
import io.fairlead.proxy.upstream.PoolLimits;
import io.fairlead.traffic.AccessLog;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Locality;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/**
 * Everything that a data plane is told once. Immutable.
 *
 * @param nodeId names this data plane to operators
 * @param serviceName of the workload beside it, or of the gateway, for spans
 * @param eventLoops threads that serve connections; 1 to 1,024
 * @param admin where the admin port listens
 * @param maxRequests under way at a time; further ones get 503
 * @param exchangeIdle an exchange without an octet in either direction for so long is ended, where
 *     no policy says otherwise
 * @param listenerDrain connections of a listener that is no longer there are closed after this time
 * @param http1 bounds of heads
 * @param connections bounds of clients' connections
 * @param pool bounds of connections to endpoints
 * @param export where spans go
 * @param overload bounds of the whole process
 * @param sharing whether another process may listen on the same addresses
 * @param maxMeasuredClusters measured apart for each role of a listener, and sets of labels of
 *     Istio's metrics; further ones are measured together
 * @param accessLogs of all listeners, beside those that the configuration has
 * @param locality where this data plane runs
 */
public record DataPlaneSettings(
    String nodeId,
    String serviceName,
    int eventLoops,
    HostPort admin,
    int maxRequests,
    Duration exchangeIdle,
    Duration listenerDrain,
    Http1Limits http1,
    ConnectionLimits connections,
    PoolLimits pool,
    ExportSettings export,
    OverloadSettings overload,
    PortSharing sharing,
    int maxMeasuredClusters,
    List<AccessLog> accessLogs,
    Locality locality) {
  public DataPlaneSettings {
    accessLogs = List.copyOf(accessLogs);
    if (nodeId.isEmpty()) {
      throw new IllegalArgumentException("nodeId: must not be empty");
    }
    if (serviceName.isEmpty()) {
      throw new IllegalArgumentException("serviceName: must not be empty");
    }
    if (eventLoops < 1 || eventLoops > 1_024) {
      throw new IllegalArgumentException("eventLoops: must be 1 to 1024, was " + eventLoops);
    }
    if (maxRequests < 1) {
      throw new IllegalArgumentException("maxRequests: must be above 0, was " + maxRequests);
    }
    if (maxMeasuredClusters < 1) {
      throw new IllegalArgumentException(
          "maxMeasuredClusters: must be above 0, was " + maxMeasuredClusters);
    }
  }

  /** The defaults: a loop per processor, admin on a free port, 50,000 requests, no spans. */
  public static DataPlaneSettings of(String nodeId, String serviceName) {
    return new DataPlaneSettings(
        nodeId,
        serviceName,
        Runtime.getRuntime().availableProcessors(),
        new HostPort("127.0.0.1", 0),
        50_000,
        Duration.ofMinutes(5),
        Duration.ofSeconds(30),
        Http1Limits.defaults(),
        ConnectionLimits.defaults(),
        PoolLimits.defaults(),
        ExportSettings.defaults(),
        OverloadSettings.defaults(),
        PortSharing.EXCLUSIVE,
        2_000,
        List.of(),
        Locality.NONE);
  }

  /** These settings with another number of event loops. */
  public DataPlaneSettings withEventLoops(int loops) {
    return with(draft -> draft.eventLoops = loops);
  }

  /** These settings with other bounds of clients' connections. */
  public DataPlaneSettings withConnections(ConnectionLimits limits) {
    return with(draft -> draft.connections = limits);
  }

  /** These settings with other bounds of connections to endpoints. */
  public DataPlaneSettings withPool(PoolLimits limits) {
    return with(draft -> draft.pool = limits);
  }

  /** These settings with another address of the admin port. */
  public DataPlaneSettings withAdmin(HostPort address) {
    return with(draft -> draft.admin = address);
  }

  /** These settings with spans that go to this base address of OTLP over HTTP. */
  public DataPlaneSettings withOtlp(URI endpoint) {
    return withExport(export.withEndpoint(endpoint));
  }

  /** These settings with another export of spans. */
  public DataPlaneSettings withExport(ExportSettings spans) {
    return with(draft -> draft.export = spans);
  }

  /** These settings with access logs of all listeners. */
  public DataPlaneSettings withAccessLogs(List<AccessLog> logs) {
    return with(draft -> draft.accessLogs = logs);
  }

  /** These settings at another place. */
  public DataPlaneSettings withLocality(Locality place) {
    return with(draft -> draft.locality = place);
  }

  /** These settings with other bounds of the whole process. */
  public DataPlaneSettings withOverload(OverloadSettings bounds) {
    return with(draft -> draft.overload = bounds);
  }

  /** These settings with addresses that are shared, or not. */
  public DataPlaneSettings withSharing(PortSharing ports) {
    return with(draft -> draft.sharing = ports);
  }

  private DataPlaneSettings with(Consumer<Draft> change) {
    var draft = new Draft(this);
    change.accept(draft);
    return draft.settings();
  }

  /** What can be changed of settings, for one thread. */
  private static final class Draft {
    private final DataPlaneSettings from;
    private int eventLoops;
    private HostPort admin;
    private ConnectionLimits connections;
    private PoolLimits pool;
    private ExportSettings export;
    private OverloadSettings overload;
    private PortSharing sharing;
    private List<AccessLog> accessLogs;
    private Locality locality;

    Draft(DataPlaneSettings from) {
      this.from = from;
      eventLoops = from.eventLoops;
      admin = from.admin;
      connections = from.connections;
      pool = from.pool;
      export = from.export;
      overload = from.overload;
      sharing = from.sharing;
      accessLogs = from.accessLogs;
      locality = from.locality;
    }

    DataPlaneSettings settings() {
      return new DataPlaneSettings(
          from.nodeId,
          from.serviceName,
          eventLoops,
          admin,
          from.maxRequests,
          from.exchangeIdle,
          from.listenerDrain,
          from.http1,
          connections,
          pool,
          export,
          overload,
          sharing,
          from.maxMeasuredClusters,
          accessLogs,
          locality);
    }
  }
}
