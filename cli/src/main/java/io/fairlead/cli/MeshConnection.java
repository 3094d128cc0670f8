package io.fairlead.cli;

import io.fairlead.traffic.MeshSettings;
import io.fairlead.xds.AdsClient;
import io.fairlead.xds.AdsSettings;
import io.fairlead.xds.KeptConfiguration;
import io.fairlead.xds.MeshTls;
import io.fairlead.xds.WorkloadCertificate;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The sidecar's stream to the control plane, with mutual TLS, on an event loop of its own so that
 * translating never delays a request. Safe for use by many threads.
 */
final class MeshConnection implements AutoCloseable {
  private final MultiThreadIoEventLoopGroup loop;
  private final AdsClient client;

  private MeshConnection(MultiThreadIoEventLoopGroup loop, AdsClient client) {
    this.loop = loop;
    this.client = client;
  }

  /** What the control plane is told of a sidecar. */
  static AdsSettings node(SidecarSettings settings) {
    var workload = settings.workload();
    var ports = settings.ports();
    var metadata =
        Map.of(
            "service", workload.service(),
            "inbound", ports.inbound().toString(),
            "outbound", ports.outbound().toString(),
            "application", "127.0.0.1:" + workload.port(),
            "protocol", workload.protocol().toString());
    return AdsSettings.of(settings.mesh().control(), workload.instance(), metadata);
  }

  static MeshConnection open(AdsSettings settings, MeshIdentity identity, DataPlaneFeed feed) {
    var loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    var client =
        new AdsClient(
            settings,
            new Bootstrap().channel(NioSocketChannel.class),
            loop.next(),
            () -> Optional.of(tls(identity.current())),
            Set.of(MeshSettings.WORKLOAD_CERTIFICATE),
            feed);
    if (feed.keeps()) {
      client.keep();
    }
    client.start();
    return new MeshConnection(loop, client);
  }

  /**
   * Puts a configuration that was kept in force, unless the control plane sends its own.
   *
   * @return why it cannot be used, or empty
   */
  Optional<String> restore(KeptConfiguration kept) {
    return client.restore(kept).join();
  }

  /** Each new connection takes the certificate that is current then. */
  private static SslContext tls(WorkloadCertificate certificate) {
    try {
      return MeshTls.of(certificate, "h2");
    } catch (IOException unusable) {
      throw new IllegalStateException("the workload certificate cannot be used", unusable);
    }
  }

  @Override
  public void close() {
    client.close();
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
