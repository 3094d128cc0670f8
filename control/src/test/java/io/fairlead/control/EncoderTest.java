package io.fairlead.control;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.ByteString;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.DiscoveryType;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.LbPolicy;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.OriginalDstLbConfig;
import io.envoyproxy.envoy.config.core.v3.TrafficDirection;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.FilterChainMatch;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Intake;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.OriginalDestination;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.TcpRoute;
import io.fairlead.xds.DecodeException;
import io.fairlead.xds.Decoder;
import io.fairlead.xds.TypeUrls;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EncoderTest {
  @Test
  void decodingWhatWasEncodedGivesTheEqualModel() {
    long seed = new Random().nextLong();
    var model = new RandomModel(seed);
    for (int i = 0; i < 3000; i++) {
      var resource = model.resource();
      var any = Encoder.encode(resource, model.surroundings());
      assertThat(Decoder.decode(any.getTypeUrl(), any.getValue()))
          .as("seed %d, round %d", seed, i)
          .isEqualTo(resource);
    }
  }

  @Test
  void mutilatedBytesAreRefusedAndNothingElseIsThrown() {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    var model = new RandomModel(seed);
    int refused = 0;
    for (int i = 0; i < 20_000; i++) {
      var any = Encoder.encode(model.resource());
      var bytes = any.getValue().toByteArray();
      if (bytes.length == 0) {
        continue;
      }
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      try {
        Decoder.decode(any.getTypeUrl(), ByteString.copyFrom(bytes));
      } catch (DecodeException expected) {
        refused++;
        assertThat(expected).as("seed %d, round %d", seed, i).hasMessageMatching("(?s).+");
      }
    }
    assertThat(refused).as("seed %d", seed).isPositive();
  }

  @Test
  void aListenerOfIstioForInterceptedConnectionsIsRead() {
    var listener =
        io.envoyproxy.envoy.config.listener.v3.Listener.newBuilder()
            .setName("virtualOutbound")
            .setAddress(Encoder.address(new HostPort("0.0.0.0", 15001)))
            .setUseOriginalDst(BoolValue.of(true))
            .setTrafficDirection(TrafficDirection.OUTBOUND)
            .addFilterChains(
                tcp("BlackHoleCluster")
                    .setFilterChainMatch(
                        FilterChainMatch.newBuilder().setDestinationPort(UInt32Value.of(15001))))
            .addFilterChains(tcp("PassthroughCluster"))
            .build();
    var decoded = (Listener) Decoder.decode(TypeUrls.LISTENER, listener.toByteString());
    var intake = decoded.intakeOrUsual();
    assertThat(intake.originalDestination())
        .contains(new OriginalDestination(OriginalDestination.Source.REDIRECT));
    assertThat(intake.tcp().getFirst().clusters())
        .containsExactly(new RouteAction.WeightedCluster("PassthroughCluster", 1));
    assertThat(intake.tcp()).hasSize(1);
  }

  private static FilterChain.Builder tcp(String cluster) {
    var proxy = TcpProxy.newBuilder().setStatPrefix(cluster).setCluster(cluster).build();
    return FilterChain.newBuilder()
        .addFilters(
            Filter.newBuilder()
                .setName("envoy.filters.network.tcp_proxy")
                .setTypedConfig(Any.pack(proxy)));
  }

  @Test
  void aClusterOfIstioForOriginalDestinationsIsRead() {
    var cluster =
        io.envoyproxy.envoy.config.cluster.v3.Cluster.newBuilder()
            .setName("PassthroughCluster")
            .setType(DiscoveryType.ORIGINAL_DST)
            .setLbPolicy(LbPolicy.CLUSTER_PROVIDED);
    var decoded = (Cluster) Decoder.decode(TypeUrls.CLUSTER, cluster.build().toByteString());
    assertThat(decoded.discovery()).isEqualTo(new Cluster.Discovery.OriginalDst());
    var byHeader =
        cluster.setOriginalDstLbConfig(OriginalDstLbConfig.newBuilder().setUseHttpHeader(true));
    org.assertj.core.api.Assertions.assertThatExceptionOfType(DecodeException.class)
        .isThrownBy(() -> Decoder.decode(TypeUrls.CLUSTER, byHeader.build().toByteString()))
        .withMessageContaining("original_dst_lb_config: only the address of the connection");
  }

  @Test
  void envoyIsToldNotToConnectAListenerToItself() {
    var rest =
        new TcpRoute("rest", List.of(), List.of(new RouteAction.WeightedCluster("Passthrough", 1)));
    var listener =
        new Listener(
            "outbound",
            new HostPort("127.0.0.1", 15001),
            Listener.Role.OUTBOUND,
            Optional.empty(),
            List.of(),
            "table",
            0,
            Optional.of(
                new Intake(
                    Intake.ProxyHeader.NONE,
                    Intake.PlainText.REFUSED,
                    Intake.USUAL_DETECTION,
                    List.of(rest),
                    Optional.of(new OriginalDestination(OriginalDestination.Source.REDIRECT)))));
    var text = ListenerEncoder.listener(listener, Surroundings.NONE).toString();
    assertThat(text)
        .contains("envoy.filters.listener.original_dst")
        .containsPattern("destination_port \\{\\s+value: 15001")
        .contains("BlackHoleCluster");
  }

  @Test
  void anUnknownTypeIsRefusedByName() {
    var types = List.of("type.googleapis.com/envoy.config.bootstrap.v3.Bootstrap", "");
    for (var type : types) {
      org.assertj.core.api.Assertions.assertThatExceptionOfType(DecodeException.class)
          .isThrownBy(() -> Decoder.decode(type, ByteString.EMPTY))
          .withMessageContaining("'" + type + "' is not supported");
    }
    assertThat(types).doesNotContain(TypeUrls.CLUSTER);
  }
}
