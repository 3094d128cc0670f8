package io.fairlead.control;

import com.linecorp.armeria.server.ServiceRequestContext;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc.AggregatedDiscoveryServiceImplBase;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Clock;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The aggregated discovery service, state of the world and delta. Safe for use by many threads.
 *
 * @see <a href="https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol">xDS protocol</a>
 */
final class AdsService extends AggregatedDiscoveryServiceImplBase {
  private static final Logger LOG = LoggerFactory.getLogger(AdsService.class);

  private final Supplier<EncodedMesh> mesh;
  private final Function<ServiceRequestContext, AdsStream.Admission> admission;
  private final Clock clock;
  private final Set<AdsStream> streams = ConcurrentHashMap.newKeySet();

  AdsService(
      Supplier<EncodedMesh> mesh,
      Function<ServiceRequestContext, AdsStream.Admission> admission,
      Clock clock) {
    this.mesh = mesh;
    this.admission = admission;
    this.clock = clock;
  }

  /** Brings every client to a later version. */
  void push(EncodedMesh later) {
    streams.forEach(stream -> stream.push(later));
  }

  List<ProxyStatus> statuses() {
    return streams.stream().map(AdsStream::status).filter(Objects::nonNull).toList();
  }

  Set<AdsStream> streams() {
    return Set.copyOf(streams);
  }

  @Override
  public StreamObserver<DiscoveryRequest> streamAggregatedResources(
      StreamObserver<DiscoveryResponse> out) {
    return open(
        out,
        AdsRequest::of,
        (type, payload, sending) -> {
          var response =
              DiscoveryResponse.newBuilder()
                  .setTypeUrl(type.url())
                  .setVersionInfo(sending.version())
                  .setNonce(sending.nonce());
          payload.wanted().values().forEach(encoded -> response.addResources(encoded.any()));
          out.onNext(response.build());
        });
  }

  @Override
  public StreamObserver<DeltaDiscoveryRequest> deltaAggregatedResources(
      StreamObserver<DeltaDiscoveryResponse> out) {
    return open(
        out,
        AdsRequest::of,
        (type, payload, sending) -> {
          var response =
              DeltaDiscoveryResponse.newBuilder()
                  .setTypeUrl(type.url())
                  .setSystemVersionInfo(sending.version())
                  .setNonce(sending.nonce())
                  .addAllRemovedResources(payload.removed());
          payload
              .changed()
              .values()
              .forEach(
                  encoded ->
                      response.addResources(
                          Resource.newBuilder()
                              .setName(encoded.name())
                              .setVersion(encoded.version())
                              .setResource(encoded.any())));
          out.onNext(response.build());
        });
  }

  private <I, O> StreamObserver<I> open(
      StreamObserver<O> out, Function<I, AdsRequest> read, AdsStream.Wire wire) {
    var context = ServiceRequestContext.current();
    var stream = new AdsStream(wire, admission.apply(context), mesh.get(), clock.instant());
    // Else what is sent to a client that has just gone would throw, and keep it from all others.
    if (out instanceof ServerCallStreamObserver<O> call) {
      call.setOnCancelHandler(() -> streams.remove(stream));
    }
    streams.add(stream);
    // A push between the two lines above reached only the streams that stood there already.
    stream.push(mesh.get());
    return new StreamObserver<>() {
      @Override
      public void onNext(I message) {
        try {
          stream.request(read.apply(message));
        } catch (IllegalArgumentException refused) {
          streams.remove(stream);
          LOG.warn("refused a client of {}: {}", context.remoteAddress(), refused.getMessage());
          out.onError(Status.INVALID_ARGUMENT.withDescription(refused.getMessage()).asException());
        }
      }

      @Override
      public void onError(Throwable cause) {
        streams.remove(stream);
        LOG.debug("stream of {} ended: {}", context.remoteAddress(), cause.toString());
      }

      @Override
      public void onCompleted() {
        streams.remove(stream);
        out.onCompleted();
      }
    };
  }
}
