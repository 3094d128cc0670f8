package io.fairlead.interop.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.BoolValue;
import com.sun.net.httpserver.HttpServer;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.service.auth.v3.AttributeContext;
import io.envoyproxy.envoy.service.auth.v3.AuthorizationGrpc;
import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import io.envoyproxy.envoy.service.auth.v3.CheckResponse;
import io.envoyproxy.envoy.service.auth.v3.DeniedHttpResponse;
import io.envoyproxy.envoy.service.auth.v3.OkHttpResponse;
import io.envoyproxy.envoy.type.v3.HttpStatus;
import io.envoyproxy.envoy.type.v3.StatusCode;
import io.fairlead.proxy.ApplyResult;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.HttpFilter;
import io.fairlead.traffic.HttpFilter.ExternalAuthorization.CheckedBody;
import io.fairlead.traffic.HttpFilter.ExternalAuthorization.FailureMode;
import io.fairlead.traffic.HttpFilter.ExternalAuthorization.Service;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** External authorization by gRPC, with a service that grpc-java serves by generated classes. */
class GrpcAuthorizationIT {
  private final GrpcFront front = new GrpcFront();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final List<CheckRequest> asked = new CopyOnWriteArrayList<>();
  private final List<String> reached = new CopyOnWriteArrayList<>();
  private HttpServer backend;

  @BeforeEach
  void start() throws IOException {
    backend = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    backend.createContext(
        "/",
        exchange -> {
          var headers = new TreeMap<String, List<String>>(String.CASE_INSENSITIVE_ORDER);
          headers.putAll(exchange.getRequestHeaders());
          byte[] body = exchange.getRequestBody().readAllBytes();
          reached.add(
              headers.getOrDefault("x-user", List.of())
                  + " "
                  + headers.getOrDefault("x-team", List.of())
                  + " "
                  + headers.getOrDefault("x-gone", List.of())
                  + " "
                  + new String(body, StandardCharsets.UTF_8));
          exchange.sendResponseHeaders(200, 4);
          exchange.getResponseBody().write("real".getBytes(StandardCharsets.UTF_8));
          exchange.close();
        });
    backend.start();
  }

  @AfterEach
  void stop() {
    front.close();
    backend.stop(0);
    client.close();
  }

  /** Decides by a function. */
  private final class Judge extends AuthorizationGrpc.AuthorizationImplBase {
    private final Function<CheckRequest, @Nullable CheckResponse> decide;

    Judge(Function<CheckRequest, @Nullable CheckResponse> decide) {
      this.decide = decide;
    }

    @Override
    public void check(CheckRequest request, StreamObserver<CheckResponse> answer) {
      asked.add(request);
      CheckResponse response = decide.apply(request);
      if (response == null) {
        answer.onError(Status.INTERNAL.asRuntimeException());
      } else {
        answer.onNext(response);
        answer.onCompleted();
      }
    }
  }

  private void run(HostPort judge, FailureMode mode, Optional<CheckedBody> body, String... told) {
    var filter =
        new HttpFilter.ExternalAuthorization(
            "judge",
            new Service.Grpc(new TreeMap<>(Map.of("place", "edge"))),
            Duration.ofSeconds(5),
            mode,
            503,
            body,
            List.of(told));
    front.run(
        List.of(filter), GrpcFront.route("real"), http("real"), GrpcFront.cluster("judge", judge));
  }

  private Cluster http(String name) {
    var address = new HostPort("127.0.0.1", backend.getAddress().getPort());
    var endpoint = new Endpoint(name, address, 1, Endpoint.Health.HEALTHY);
    return new Cluster(
        name,
        new Cluster.Discovery.Static(List.of(endpoint)),
        Optional.empty(),
        Cluster.LoadBalancing.Simple.ROUND_ROBIN,
        ResilienceSettings.none());
  }

  private HttpResponse<String> post(String body) throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create("http://" + front.address() + "/a/b?c=d"))
            .header("X-User", "bob")
            .header("X-Team", "red")
            .header("X-Gone", "here")
            .timeout(Duration.ofSeconds(20))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    return client.send(request, HttpResponse.BodyHandlers.ofString());
  }

  private static HeaderValueOption header(String name, String value) {
    return HeaderValueOption.newBuilder()
        .setHeader(HeaderValue.newBuilder().setKey(name).setValue(value))
        .build();
  }

  private static HeaderValueOption appended(String name, String value) {
    return header(name, value).toBuilder().setAppend(BoolValue.of(true)).build();
  }

  private static CheckResponse allowed(OkHttpResponse.Builder ok) {
    return CheckResponse.newBuilder()
        .setStatus(com.google.rpc.Status.newBuilder().setCode(0))
        .setOkResponse(ok)
        .build();
  }

  @Test
  void consentChangesTheHeadersOfBothWays() throws Exception {
    var ok =
        OkHttpResponse.newBuilder()
            .addHeaders(header("X-User", "ann"))
            .addHeaders(appended("x-team", "blue"))
            .addHeadersToRemove("x-gone")
            .addResponseHeadersToAdd(header("X-Judged", "yes"));
    run(front.serve(new Judge(r -> allowed(ok))), FailureMode.REFUSE, Optional.empty());
    HttpResponse<String> answer = post("hello");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().allValues("x-judged")).containsExactly("yes");
    assertThat(reached).containsExactly("[ann] [red, blue] [] hello");
    AttributeContext told = asked.getFirst().getAttributes();
    var http = told.getRequest().getHttp();
    assertThat(http.getMethod()).isEqualTo("POST");
    assertThat(http.getPath()).isEqualTo("/a/b?c=d");
    assertThat(http.getHost()).isEqualTo(front.address().toString());
    assertThat(http.getScheme()).isEqualTo("http");
    assertThat(http.getProtocol()).isEqualTo("HTTP/1.1");
    assertThat(http.getSize()).isEqualTo(5);
    assertThat(http.getBody()).isEmpty();
    assertThat(http.getHeadersMap())
        .containsEntry("x-user", "bob")
        .containsEntry(":path", "/a/b?c=d")
        .containsEntry(":method", "POST")
        .containsKey("x-request-id")
        .doesNotContainKey("host");
    assertThat(told.getContextExtensionsMap()).isEqualTo(Map.of("place", "edge"));
    assertThat(told.getSource().getAddress().getSocketAddress().getAddress())
        .isEqualTo("127.0.0.1");
    assertThat(told.getRequest().getTime().getSeconds()).isPositive();
  }

  @Test
  void refusalGoesToTheClient() throws Exception {
    var denied =
        DeniedHttpResponse.newBuilder()
            .setStatus(HttpStatus.newBuilder().setCode(StatusCode.PaymentRequired))
            .addHeaders(header("Content-Type", "text/html"))
            .addHeaders(header("WWW-Authenticate", "Basic"))
            .addHeaders(header("Content-Length", "999"))
            .setBody("pay");
    var refusal =
        CheckResponse.newBuilder()
            .setStatus(com.google.rpc.Status.newBuilder().setCode(7))
            .setDeniedResponse(denied)
            .build();
    run(front.serve(new Judge(r -> refusal)), FailureMode.ALLOW, Optional.empty());
    HttpResponse<String> answer = post("hello");
    assertThat(answer.statusCode()).isEqualTo(402);
    assertThat(answer.body()).isEqualTo("pay");
    assertThat(answer.headers().allValues("content-type")).containsExactly("text/html");
    assertThat(answer.headers().allValues("www-authenticate")).containsExactly("Basic");
    assertThat(reached).isEmpty();
    run(
        front.serve(new Judge(r -> refusal.toBuilder().clearDeniedResponse().build())),
        FailureMode.ALLOW,
        Optional.empty());
    assertThat(post("hello").statusCode()).isEqualTo(403);
  }

  @Test
  void withoutAnAnswerThatCanBeFollowedTheConfigurationDecides() throws Exception {
    var foul = OkHttpResponse.newBuilder().addHeaders(header("x-user", "a\r\nx-evil: b"));
    var framing = OkHttpResponse.newBuilder().addHeaders(header("Transfer-Encoding", "chunked"));
    HostPort gone = front.serve();
    front.stop(gone);
    for (HostPort judge :
        List.of(
            gone,
            front.serve(),
            front.serve(new Judge(r -> null)),
            front.serve(new Judge(r -> allowed(foul))),
            front.serve(new Judge(r -> allowed(framing))))) {
      run(judge, FailureMode.REFUSE, Optional.empty());
      assertThat(post("hello").statusCode()).isEqualTo(503);
      run(judge, FailureMode.ALLOW, Optional.empty());
      assertThat(post("hello").statusCode()).isEqualTo(200);
    }
    assertThat(reached).hasSize(5).allMatch("[bob] [red] [here] hello"::equals);
    HttpResponse<String> page =
        client.send(
            HttpRequest.newBuilder(
                    URI.create("http://" + front.plane.adminAddress() + "/stats/prometheus"))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    String series = "fairlead_external_authorization_total{cluster=\"judge\",outcome=";
    assertThat(page.body())
        .contains(
            series + "\"ok\"} 0\n",
            series + "\"error\"} 5\n",
            series + "\"failure_mode_allowed\"} 5\n");
  }

  @Test
  void theServiceIsToldTheBodyAndTheHeadersThatItWants() throws Exception {
    var body = Optional.of(new CheckedBody(7, CheckedBody.Longer.CUT));
    var judge =
        front.serve(
            new Judge(
                r ->
                    r.getAttributes().getRequest().getHttp().getBody().startsWith("hello")
                        ? allowed(OkHttpResponse.newBuilder())
                        : null));
    run(judge, FailureMode.REFUSE, body, "x-team");
    assertThat(post("hello").statusCode()).isEqualTo(200);
    assertThat(post("hello world").statusCode()).isEqualTo(200);
    assertThat(reached)
        .containsExactly("[bob] [red] [here] hello", "[bob] [red] [here] hello world");
    assertThat(asked)
        .extracting(r -> r.getAttributes().getRequest().getHttp().getHeadersMap())
        .containsExactly(
            Map.of("x-team", "red", "x-envoy-auth-partial-body", "false"),
            Map.of("x-team", "red", "x-envoy-auth-partial-body", "true"));
    assertThat(asked.get(1).getAttributes().getRequest().getHttp().getBody()).isEqualTo("hello w");
  }

  @Test
  void aServiceThatSpeaksHttp11IsAFault() {
    var filter =
        new HttpFilter.ExternalAuthorization(
            "judge",
            new Service.Grpc(new TreeMap<>()),
            Duration.ofSeconds(1),
            FailureMode.REFUSE,
            403,
            Optional.empty(),
            List.of());
    ApplyResult result =
        front.apply(List.of(filter), GrpcFront.route("real"), http("real"), http("judge"));
    assertThat(result.toString()).contains("listener front: cluster judge must speak HTTP/2");
  }
}
