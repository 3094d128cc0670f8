package io.fairlead.interop.grpc;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fairlead.proxy.ApplyResult;
import io.fairlead.proxy.DataPlane;
import io.fairlead.proxy.DataPlaneSettings;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.resilience.RetryOn;
import io.fairlead.resilience.RetrySettings;
import io.fairlead.resilience.TimeoutSettings;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.HeaderChanges;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.RouteTable;
import io.fairlead.traffic.Snapshot;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A client and a server of grpc-java with the proxy between them, HTTP/2 on both sides. */
class GrpcIT {
  private static final byte[] HELLO = "hello".getBytes(US_ASCII);
  private static final HostPort NOBODY = new HostPort("127.0.0.1", 1);
  private final EchoService service = new EchoService();
  private final DataPlane plane =
      new DataPlane(DataPlaneSettings.of("test", "test").withEventLoops(1));
  private Server server;
  private ManagedChannel channel;

  private static ResilienceSettings resilience() {
    return ResilienceSettings.none()
        .withRetry(
            RetrySettings.defaults()
                .withInitialDelay(Duration.ofMillis(1))
                .withBudget(Optional.empty())
                .withOn(EnumSet.of(RetryOn.UNAVAILABLE)))
        .withTimeout(TimeoutSettings.defaults().withRequest(Duration.ofSeconds(60)));
  }

  private static Route route(String name, String prefix, ResilienceSettings resilience) {
    return new Route(
        name,
        Route.Match.path(new Route.PathMatch.Prefix(prefix)),
        RouteAction.Forward.to("echo"),
        HeaderChanges.NONE,
        HeaderChanges.NONE,
        resilience,
        Optional.empty());
  }

  private static Snapshot snapshot(HostPort upstream) {
    var endpoint = new Endpoint("echo-1", upstream, 1, Endpoint.Health.HEALTHY);
    var cluster =
        new Cluster(
            "echo",
            new Cluster.Discovery.Static(List.of(endpoint)),
            Optional.empty(),
            Cluster.Protocol.HTTP_2,
            Cluster.LoadBalancing.Simple.ROUND_ROBIN,
            Optional.empty(),
            ResilienceSettings.none());
    List<Route> routes =
        List.of(
            route("shaky", "/fairlead.test.Echo/Shaky", resilience()),
            route("left", "/fairlead.test.Echo/Left", resilience()),
            route("all", "/fairlead.test.Echo", ResilienceSettings.none()));
    var host = new RouteTable.VirtualHost("all", List.of("*"), routes);
    var listener =
        new Listener(
            "front",
            new HostPort("127.0.0.1", 0),
            Listener.Role.OUTBOUND,
            Optional.empty(),
            List.of(),
            "routes",
            0);
    return new Snapshot(
        List.of(listener),
        List.of(new RouteTable("routes", List.of(host))),
        List.of(cluster),
        List.of(),
        List.of());
  }

  private Server serve(int port, long ageMillis) throws IOException {
    return NettyServerBuilder.forPort(port)
        .addService(service.definition())
        .maxConnectionAge(ageMillis, TimeUnit.MILLISECONDS)
        .maxConnectionAgeGrace(10, TimeUnit.SECONDS)
        .build()
        .start();
  }

  @BeforeEach
  void start() throws IOException {
    begin(Long.MAX_VALUE);
  }

  private void begin(long ageMillis) throws IOException {
    server = serve(0, ageMillis);
    ApplyResult result = plane.apply(snapshot(new HostPort("127.0.0.1", server.getPort())));
    assertThat(result).isInstanceOf(ApplyResult.Applied.class);
    HostPort front = ((ApplyResult.Applied) result).listeners().getOrDefault("front", NOBODY);
    channel = NettyChannelBuilder.forAddress(front.host(), front.port()).usePlaintext().build();
  }

  @AfterEach
  void stop() throws InterruptedException {
    channel.shutdownNow();
    server.shutdownNow();
    assertThat(channel.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    assertThat(server.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    plane.close();
  }

  private byte[] unary(byte[] message) {
    return ClientCalls.blockingUnaryCall(channel, EchoService.UNARY, CallOptions.DEFAULT, message);
  }

  @Test
  void unaryCallsAreAnswered() {
    for (int i = 0; i < 200; i++) {
      assertThat(unary(HELLO)).isEqualTo(HELLO);
    }
    assertThat(unary(new byte[0])).isEmpty();
    assertThat(unary(new byte[4_000_000])).hasSize(4_000_000);
    assertThat(service.calls).hasValue(202);
  }

  @Test
  void statusAndItsMessageComeBack() {
    assertThatThrownBy(
            () ->
                ClientCalls.blockingUnaryCall(
                    channel, EchoService.FAIL, CallOptions.DEFAULT, HELLO))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessage("FAILED_PRECONDITION: no, ärger");
  }

  @Test
  void aStreamOfAnswersComesWhole() {
    Iterator<byte[]> answers =
        ClientCalls.blockingServerStreamingCall(
            channel,
            EchoService.MANY,
            CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS),
            new byte[1_000]);
    int count = 0;
    while (answers.hasNext()) {
      assertThat(answers.next()).hasSize(1_000);
      count++;
    }
    assertThat(count).isEqualTo(EchoService.COUNT);
  }

  @Test
  void aStreamOfRequestsArrivesWhole() throws Exception {
    CompletableFuture<byte[]> answer = new CompletableFuture<>();
    StreamObserver<byte[]> requests =
        ClientCalls.asyncClientStreamingCall(
            channel.newCall(EchoService.SUM, CallOptions.DEFAULT), observer(answer));
    for (int i = 0; i < 2_000; i++) {
      requests.onNext(new byte[1_000]);
    }
    requests.onCompleted();
    assertThat(new String(answer.get(20, TimeUnit.SECONDS), US_ASCII)).isEqualTo("2000000");
  }

  private static StreamObserver<byte[]> observer(CompletableFuture<byte[]> answer) {
    return new StreamObserver<>() {
      @Override
      public void onNext(byte[] message) {
        answer.complete(message);
      }

      @Override
      public void onError(Throwable failure) {
        answer.completeExceptionally(failure);
      }

      @Override
      public void onCompleted() {
        answer.complete(new byte[0]);
      }
    };
  }

  @Test
  void bothSidesTalkInTurn() throws Exception {
    BlockingQueue<byte[]> heard = new LinkedBlockingQueue<>();
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    StreamObserver<byte[]> talk =
        ClientCalls.asyncBidiStreamingCall(
            channel.newCall(EchoService.TALK, CallOptions.DEFAULT),
            new StreamObserver<>() {
              @Override
              public void onNext(byte[] message) {
                heard.add(message);
              }

              @Override
              public void onError(Throwable failure) {
                done.completeExceptionally(failure);
              }

              @Override
              public void onCompleted() {
                done.complete(true);
              }
            });
    for (int i = 0; i < 500; i++) {
      byte[] message = Integer.toString(i).getBytes(US_ASCII);
      talk.onNext(message);
      assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo(message);
    }
    talk.onCompleted();
    assertThat(done.get(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aDeadlineThatPassesCancelsTheCallOnTheServer() {
    assertThatThrownBy(
            () ->
                ClientCalls.blockingUnaryCall(
                    channel,
                    EchoService.NEVER,
                    CallOptions.DEFAULT.withDeadlineAfter(200, TimeUnit.MILLISECONDS),
                    HELLO))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));
    await().until(() -> service.cancelled.get() == 1);
  }

  @Test
  void callsThatTheServerHadNoTimeForAreMadeAgain() {
    for (int i = 0; i < 10; i++) {
      byte[] answer =
          ClientCalls.blockingUnaryCall(channel, EchoService.SHAKY, CallOptions.DEFAULT, HELLO);
      assertThat(answer).isEqualTo(HELLO);
    }
    assertThat(service.calls).hasValue(30);
  }

  @Test
  void theServerLearnsTheTimeThatIsLeft() {
    CallOptions bounded = CallOptions.DEFAULT.withDeadlineAfter(300, TimeUnit.SECONDS);
    byte[] left = ClientCalls.blockingUnaryCall(channel, EchoService.LEFT, bounded, HELLO);
    assertThat(Long.parseLong(new String(left, US_ASCII)))
        .as("the timeout of the cluster comes first")
        .isBetween(1L, 60_000L);
  }

  @Test
  void aDeadlineOfTheProxyEndsAStreamInTheMiddle() {
    // Only the proxy keeps this one: the client does not know what the field means.
    Metadata metadata = new Metadata();
    metadata.put(
        Metadata.Key.of("x-envoy-expected-rq-timeout-ms", Metadata.ASCII_STRING_MARSHALLER), "300");
    var impatient =
        io.grpc.ClientInterceptors.intercept(
            channel, MetadataUtils.newAttachHeadersInterceptor(metadata));
    Iterator<byte[]> answers =
        ClientCalls.blockingServerStreamingCall(
            impatient, EchoService.STALL, CallOptions.DEFAULT, HELLO);
    assertThat(answers.next()).isEqualTo(HELLO);
    assertThatThrownBy(answers::hasNext)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
              assertThat(e.getStatus().getDescription()).startsWith("timeout: ");
            });
    await().until(() -> service.cancelled.get() == 1);
  }

  @Test
  void metadataGoesThroughInBinaryToo() {
    var key = Metadata.Key.of("x-octets-bin", Metadata.BINARY_BYTE_MARSHALLER);
    Metadata metadata = new Metadata();
    metadata.put(key, new byte[] {0, 1, -1, 13, 10});
    var intercepted =
        io.grpc.ClientInterceptors.intercept(
            channel, MetadataUtils.newAttachHeadersInterceptor(metadata));
    byte[] answer =
        ClientCalls.blockingUnaryCall(
            intercepted, EchoService.UNARY, CallOptions.DEFAULT.withCompression("gzip"), HELLO);
    assertThat(answer).isEqualTo(HELLO);
  }

  @Test
  void whatTheProxyRefusesHasAStatusOfGrpc() {
    var unknown = EchoService.UNARY.toBuilder().setFullMethodName("other.Service/Call").build();
    assertThatThrownBy(
            () -> ClientCalls.blockingUnaryCall(channel, unknown, CallOptions.DEFAULT, HELLO))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
              assertThat(e.getStatus().getDescription()).startsWith("no-route: ");
            });
    server.shutdownNow();
    assertThatThrownBy(() -> unary(HELLO))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
  }

  /** The server says GOAWAY again and again while calls are made; none may fail. */
  @Test
  void noCallIsLostWhenTheServerRenewsItsConnections() throws Exception {
    stopServerOnly();
    begin(50);
    AtomicInteger failed = new AtomicInteger();
    int threads = 4;
    int each = 1_500;
    Thread[] callers = new Thread[threads];
    for (int t = 0; t < threads; t++) {
      callers[t] =
          Thread.startVirtualThread(
              () -> {
                for (int i = 0; i < each; i++) {
                  try {
                    unary(HELLO);
                  } catch (StatusRuntimeException e) {
                    failed.incrementAndGet();
                  }
                }
              });
    }
    for (Thread caller : callers) {
      caller.join(60_000);
    }
    assertThat(failed).hasValue(0);
    assertThat(service.calls).hasValue(threads * each);
  }

  private void stopServerOnly() throws InterruptedException {
    channel.shutdownNow();
    server.shutdownNow();
    assertThat(server.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
  }
}
