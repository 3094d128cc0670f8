package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.proxy.ApplyResult.Applied;
import io.fairlead.proxy.downstream.ConnectionLimits;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Snapshot;
import java.io.IOException;
import java.time.Duration;

/** A data plane with a listener {@code front}, by default on one loop and impatient. */
final class Front implements AutoCloseable {
  private final DataPlane plane;
  private HostPort address = Model.ANY_PORT;

  Front() {
    this(impatient());
  }

  Front(DataPlaneSettings settings) {
    this(new DataPlane(settings));
  }

  Front(DataPlane plane) {
    this.plane = plane;
  }

  private static DataPlaneSettings impatient() {
    ConnectionLimits defaults = ConnectionLimits.defaults();
    return DataPlaneSettings.of("test", "test")
        .withEventLoops(1)
        .withConnections(
            new ConnectionLimits(
                defaults.maxConnections(),
                Duration.ofMillis(500),
                Duration.ofMillis(300),
                defaults.lingerTimeout(),
                defaults.maxDiscardBytes(),
                defaults.maxReplayBytes(),
                Duration.ofMillis(300)));
  }

  DataPlane plane() {
    return plane;
  }

  HostPort address() {
    return address;
  }

  void apply(Snapshot snapshot) {
    ApplyResult result = plane.apply(snapshot);
    assertThat(result).isInstanceOf(Applied.class);
    if (result instanceof Applied applied) {
      address = applied.listeners().getOrDefault("front", address);
    }
  }

  /** Sends everything to these addresses, without any policy. */
  void sendTo(HostPort... upstreams) {
    apply(Model.plain(ResilienceSettings.none(), upstreams));
  }

  /** A client whose requests all go to that upstream. */
  RawSocket client(RawUpstream upstream) throws IOException {
    sendTo(upstream.address());
    return client();
  }

  RawSocket client() throws IOException {
    return RawSocket.connect(address);
  }

  @Override
  public void close() {
    plane.close();
  }
}
