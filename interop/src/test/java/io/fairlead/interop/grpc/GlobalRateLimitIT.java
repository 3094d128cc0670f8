package io.fairlead.interop.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UInt64Value;
import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitRequest;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse.Code;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse.DescriptorStatus;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse.RateLimit;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitServiceGrpc;
import io.fairlead.proxy.ApplyResult;
import io.fairlead.traffic.GlobalRateLimit;
import io.fairlead.traffic.GlobalRateLimit.Descriptor;
import io.fairlead.traffic.GlobalRateLimit.Entry;
import io.fairlead.traffic.GlobalRateLimit.Entry.RequestHeader.Absence;
import io.fairlead.traffic.GlobalRateLimit.FailureMode;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteFilters;
import io.fairlead.traffic.StringMatch;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Calls that a rate limit service counts, which grpc-java serves by generated classes. */
class GlobalRateLimitIT {
  private static final Metadata.Key<String> TENANT =
      Metadata.Key.of("x-tenant", Metadata.ASCII_STRING_MARSHALLER);

  private final GrpcFront front = new GrpcFront();
  private final EchoService echo = new EchoService();
  private final Counting counting = new Counting();
  private final AtomicReference<Metadata> received = new AtomicReference<>();
  private final AtomicReference<Metadata> answered = new AtomicReference<>();
  private final AtomicReference<Metadata> trailers = new AtomicReference<>();
  private HostPort backend;
  private HostPort service;

  /** Answers always the same. */
  private static final class Counting extends RateLimitServiceGrpc.RateLimitServiceImplBase {
    private final List<RateLimitRequest> asked = new CopyOnWriteArrayList<>();
    private volatile @Nullable RateLimitResponse response;

    @Override
    public void shouldRateLimit(RateLimitRequest request, StreamObserver<RateLimitResponse> out) {
      asked.add(request);
      RateLimitResponse present = response;
      if (present == null) {
        out.onError(Status.INTERNAL.asRuntimeException());
      } else {
        out.onNext(present);
        out.onCompleted();
      }
    }
  }

  @BeforeEach
  void start() throws IOException {
    var recording =
        ServerInterceptors.intercept(
            echo.definition(),
            new io.grpc.ServerInterceptor() {
              @Override
              public <Q, A> io.grpc.ServerCall.Listener<Q> interceptCall(
                  io.grpc.ServerCall<Q, A> call,
                  Metadata headers,
                  io.grpc.ServerCallHandler<Q, A> next) {
                received.set(headers);
                return next.startCall(call, headers);
              }
            });
    backend = front.serve(() -> recording);
    service = front.serve(counting);
  }

  @AfterEach
  void stop() {
    front.close();
  }

  private Route route(FailureMode mode) {
    var limit =
        new GlobalRateLimit(
            "limits",
            "shop",
            Duration.ofSeconds(5),
            mode,
            List.of(
                new Descriptor(List.of(new Entry.RemoteAddress(), new Entry.Path()), 1),
                new Descriptor(
                    List.of(
                        new Entry.GenericKey("generic_key", "calls"),
                        new Entry.SourceCluster(),
                        new Entry.DestinationCluster(),
                        new Entry.RequestHeader("x-other", "other", Absence.ENTRY_LEFT_OUT)),
                    7),
                new Descriptor(
                    List.of(
                        new Entry.RequestHeader("x-tenant", "tenant", Absence.DESCRIPTOR_LEFT_OUT)),
                    1),
                new Descriptor(
                    List.of(
                        new Entry.HeaderValueMatch(
                            "header_match",
                            "red",
                            List.of(
                                new Route.ValueMatch("x-tenant", new StringMatch.Exact("red"))))),
                    1)));
    Route plain = GrpcFront.route("echo");
    return new Route(
        plain.name(),
        plain.match(),
        plain.action(),
        plain.requestHeaders(),
        plain.responseHeaders(),
        plain.resilience(),
        Optional.empty(),
        new RouteFilters(
            List.of(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            RouteFilters.Limits.NONE,
            new TreeSet<>(),
            Optional.of(limit),
            Optional.empty()));
  }

  private void run(FailureMode mode, HostPort limits) {
    front.run(
        List.of(),
        route(mode),
        GrpcFront.cluster("echo", backend),
        GrpcFront.cluster("limits", limits));
  }

  /** A call for this tenant, or for none; how it ended. */
  private Status.Code call(@Nullable String tenant) {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(front.address().host(), front.address().port())
            .usePlaintext()
            .build();
    Metadata sent = new Metadata();
    if (tenant != null) {
      sent.put(TENANT, tenant);
    }
    var with =
        io.grpc.ClientInterceptors.intercept(
            channel,
            MetadataUtils.newAttachHeadersInterceptor(sent),
            MetadataUtils.newCaptureMetadataInterceptor(answered, trailers));
    try {
      ClientCalls.blockingUnaryCall(with, EchoService.UNARY, CallOptions.DEFAULT, new byte[3]);
      return Status.Code.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    } finally {
      channel.shutdownNow();
    }
  }

  private static @Nullable String field(AtomicReference<Metadata> of, String name) {
    return of.get().get(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
  }

  private static DescriptorStatus status(Code code, int remaining) {
    return DescriptorStatus.newBuilder()
        .setCode(code)
        .setCurrentLimit(
            RateLimit.newBuilder().setRequestsPerUnit(10).setUnit(RateLimit.Unit.MINUTE))
        .setLimitRemaining(remaining)
        .setDurationUntilReset(Durations.fromSeconds(42))
        .build();
  }

  private static HeaderValue header(String name, String value) {
    return HeaderValue.newBuilder().setKey(name).setValue(value).build();
  }

  private static RateLimitDescriptor descriptor(String... entries) {
    var made = RateLimitDescriptor.newBuilder();
    for (int i = 0; i < entries.length; i += 2) {
      made.addEntriesBuilder().setKey(entries[i]).setValue(entries[i + 1]);
    }
    return made.build();
  }

  @Test
  void whatIsWithinTheLimitPassesAndIsToldHowMuchIsLeft() {
    counting.response =
        RateLimitResponse.newBuilder()
            .setOverallCode(Code.OK)
            .addStatuses(status(Code.OK, 9))
            .addStatuses(status(Code.OK, 4))
            .addStatuses(DescriptorStatus.newBuilder().setCode(Code.OK))
            .addRequestHeadersToAdd(header("X-Counted", "yes"))
            .addResponseHeadersToAdd(header("X-Limits", "ours"))
            .build();
    run(FailureMode.REFUSE, service);
    assertThat(call("red")).isEqualTo(Status.Code.OK);
    assertThat(field(received, "x-counted")).isEqualTo("yes");
    assertThat(field(answered, "x-limits")).isEqualTo("ours");
    assertThat(field(answered, "x-ratelimit-limit")).isEqualTo("10, 10;w=60, 10;w=60");
    assertThat(field(answered, "x-ratelimit-remaining")).isEqualTo("4");
    assertThat(field(answered, "x-ratelimit-reset")).isEqualTo("42");
    assertThat(counting.asked.getFirst())
        .isEqualTo(
            RateLimitRequest.newBuilder()
                .setDomain("shop")
                .addDescriptors(
                    descriptor("remote_address", "127.0.0.1", "path", "/fairlead.test.Echo/Unary"))
                .addDescriptors(
                    descriptor(
                            "generic_key",
                            "calls",
                            "source_cluster",
                            "test",
                            "destination_cluster",
                            "echo")
                        .toBuilder()
                        .setHitsAddend(UInt64Value.of(7)))
                .addDescriptors(descriptor("tenant", "red"))
                .addDescriptors(descriptor("header_match", "red"))
                .build());
    assertThat(call(null)).isEqualTo(Status.Code.OK);
    assertThat(counting.asked.get(1).getDescriptorsCount()).isEqualTo(2);
    assertThat(call("blue")).isEqualTo(Status.Code.OK);
    assertThat(counting.asked.get(2).getDescriptorsList())
        .contains(descriptor("tenant", "blue"))
        .doesNotContain(descriptor("header_match", "red"));
  }

  @Test
  void whatIsAboveTheLimitIsRefused() {
    counting.response =
        RateLimitResponse.newBuilder()
            .setOverallCode(Code.OVER_LIMIT)
            .addStatuses(status(Code.OK, 3))
            .addStatuses(status(Code.OVER_LIMIT, 0))
            .addResponseHeadersToAdd(header("X-Limits", "ours"))
            .setRawBody(ByteString.copyFromUtf8("slowly"))
            .build();
    run(FailureMode.ALLOW, service);
    assertThat(call("red")).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(field(trailers, "retry-after")).isEqualTo("42");
    assertThat(field(trailers, "x-ratelimit-remaining")).isEqualTo("0");
    assertThat(field(trailers, "x-limits")).isEqualTo("ours");
    assertThat(field(trailers, "x-fairlead-reason")).isEqualTo("rate-limited");
    assertThat(echo.calls).hasValue(0);
  }

  @Test
  void withoutAnAnswerTheConfigurationDecides() throws IOException {
    HostPort gone = front.serve();
    front.stop(gone);
    for (HostPort limits : List.of(gone, front.serve(), service)) {
      run(FailureMode.ALLOW, limits);
      assertThat(call("red")).isEqualTo(Status.Code.OK);
      run(FailureMode.REFUSE, limits);
      assertThat(call("red")).isEqualTo(Status.Code.UNAVAILABLE);
    }
    counting.response = RateLimitResponse.getDefaultInstance();
    assertThat(call("red"))
        .as("an answer without a code is none")
        .isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(echo.calls).hasValue(3);
  }

  @Test
  void aServiceThatIsNotThereIsAFault() {
    ApplyResult result =
        front.apply(List.of(), route(FailureMode.ALLOW), GrpcFront.cluster("echo", backend));
    assertThat(result.toString()).contains("route all: cluster limits does not exist");
  }
}
