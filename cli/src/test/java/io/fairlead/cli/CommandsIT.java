package io.fairlead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandsIT {
  @TempDir Path folder;
  private @Nullable UpServer up;
  private String api = "";

  /** What a command printed and its exit code. */
  private record Result(int code, String out, String err) {}

  @BeforeEach
  void start() throws Exception {
    var started = UpServer.start(settings());
    up = started;
    api = "http://127.0.0.1:" + started.ports().getFirst().number();
    register("bank");
  }

  private UpSettings settings() {
    return new UpSettings(
        folder.resolve("state"),
        Optional.empty(),
        "127.0.0.1",
        new UpSettings.Ports(0, 0, 0, 0, 0),
        "cluster.local",
        Duration.ofHours(1),
        100);
  }

  @AfterEach
  void stop() {
    if (up != null) {
      up.close();
    }
  }

  private void register(String service) throws Exception {
    var uri = URI.create(api + "/v1/services/" + service + "/instances/" + service + "-1");
    var body = "{\"host\":\"127.0.0.1\",\"port\":9000}";
    try (var http = HttpClient.newHttpClient()) {
      var request =
          HttpRequest.newBuilder(uri).PUT(HttpRequest.BodyPublishers.ofString(body)).build();
      var reply = http.send(request, HttpResponse.BodyHandlers.ofString());
      assertThat(reply.statusCode()).as(reply.body()).isBetween(200, 201);
    }
  }

  private Result run(String... arguments) {
    var out = new StringWriter();
    var err = new StringWriter();
    int code =
        Fairlead.commandLine()
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute(arguments);
    return new Result(code, out.toString(), err.toString());
  }

  private Result onServer(String... arguments) {
    var all = new ArrayList<>(Arrays.asList(arguments));
    all.addAll(List.of("--api", api));
    return run(all.toArray(String[]::new));
  }

  private String file(String name, String text) throws Exception {
    return Files.writeString(folder.resolve(name), text).toString();
  }

  @Test
  void whatDoesLessThanItSeemsIsAcceptedWithAWarning() throws Exception {
    var pool =
        file(
            "pool.yaml",
            """
            apiVersion: fairlead.io/v1
            kind: ResiliencePolicy
            metadata: { name: pool }
            spec:
              targetRefs: [{ kind: Service, name: bank }]
              threadPool: { maxThreads: 5 }
            """);
    for (var result :
        List.of(
            run("validate", "--service", "bank", "-f", pool),
            onServer("apply", "--dry-run", "-f", pool))) {
      assertThat(result.code()).isZero();
      assertThat(result.err())
          .contains("warning: ")
          .contains("pool.yaml:6:3: spec.threadPool: applies in process only");
    }
  }

  @Test
  void everyFaultOfWrongYamlIsToldWithItsLineAndNothingChanges() throws Exception {
    var good =
        file(
            "good.yaml",
            """
            apiVersion: fairlead.io/v1
            kind: ResiliencePolicy
            metadata: { name: bank }
            spec:
              targetRefs: [{ kind: Service, name: bank }]
              timeout: { request: 1s }
            """);
    assertThat(onServer("apply", "-f", good).out()).contains("ResiliencePolicy/bank created");
    var bad =
        file(
            "bad.yaml",
            """
            apiVersion: fairlead.io/v1
            kind: ResiliencePolicy
            metadata: { name: bank }
            spec:
              targetRefs: [{ kind: Service, name: bank }]
              timeout: { reqest: 1s, idle: 60 }
            ---
            apiVersion: gateway.networking.k8s.io/v1
            kind: HTTPRoute
            metadata: { name: shop }
            spec:
              parentRefs: [{ kind: Service, name: bank }]
              hostnames: [a.example, a.example]
              rules:
                - backendRefs: [{ name: bank, weight: 0 }]
            """);
    var refused = onServer("apply", "-f", bad);
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.err().lines())
        .contains(
            bad + ":6:14: spec.timeout.reqest: is unknown; did you mean 'request'?",
            bad
                + ":6:32: spec.timeout.idle: '60' must be a duration with a unit (ms, s, m or h);"
                + " did you mean '60s'?",
            bad + ":13:14: spec.hostnames: must not name a.example twice",
            bad + ":15:20: spec.rules[0].backendRefs: must have weights whose sum is above 0");
    var target =
        file(
            "target.yaml",
            Files.readString(Path.of(good)).replace("name: bank }]", "name: bnk }]"));
    assertThat(onServer("apply", "-f", target).err())
        .contains(target + ":5:39: spec.targetRefs[0].name: 'bnk' is no service")
        .contains("did you mean 'bank'?");
    assertThat(onServer("get", "resiliencepolicy", "bank").out()).contains("request: 1s");
    assertThat(onServer("get").out()).contains(good).doesNotContain("HTTPRoute");
  }

  @Test
  void aDryRunSaysWhatWouldHappenAndChangesNothing() throws Exception {
    var yaml = file("s.yaml", "apiVersion: v1\nkind: Service\nmetadata: { name: x }\nspec: {}\n");
    assertThat(onServer("apply", "--dry-run", "-f", yaml).out()).contains("Service/x created");
    assertThat(onServer("get", "service").out()).doesNotContain("s.yaml");
    assertThat(onServer("apply", "-f", yaml).out()).contains("Service/x created");
    assertThat(onServer("apply", "-f", yaml).out()).contains("Service/x unchanged");
    assertThat(onServer("delete", "service", "x").out()).contains("Service/x deleted");
    assertThat(onServer("delete", "service", "x").code()).isEqualTo(1);
  }

  @Test
  void aGrpcRouteIsAppliedShownAndDeleted() throws Exception {
    var yaml =
        file(
            "calls.yaml",
            """
            apiVersion: gateway.networking.k8s.io/v1
            kind: GRPCRoute
            metadata: { name: calls }
            spec:
              parentRefs: [{ kind: Service, name: bank }]
              rules: [{ matches: [{ method: { service: b.Bank } }], backendRefs: [{ name: bank }] }]
            """);
    var bank = "---\napiVersion: v1\nkind: Service\nmetadata: { name: bank }\nspec: {}\n";
    var whole = file("whole.yaml", Files.readString(Path.of(yaml)) + bank);
    assertThat(run("validate", "-f", whole).out()).contains("2 documents are valid");
    assertThat(onServer("apply", "-f", yaml).out()).contains("GRPCRoute/calls created");
    assertThat(onServer("get", "grpcroutes").out()).contains("GRPCRoute").contains("calls.yaml");
    assertThat(onServer("get", "grpcroute", "calls").out()).contains("service: b.Bank");
    assertThat(onServer("delete", "grpcroute", "calls").out()).contains("GRPCRoute/calls deleted");
    var wrong = file("wrong.yaml", Files.readString(Path.of(yaml)).replace("b.Bank", "b/Bank"));
    assertThat(onServer("apply", "-f", wrong).err())
        .contains(
            ":6:44: spec.rules[0].matches[0].method.service: 'b/Bank' must be a name of gRPC");
  }

  @Test
  void validateNeedsNoServer() throws Exception {
    var yaml = file("s.yaml", "apiVersion: v1\nkind: Service\nmetadata: { name: x }\nspec: {}\n");
    assertThat(run("validate", "-f", yaml).out()).contains("1 documents are valid");
    var wrong = file("w.yaml", "apiVersion: v2\nkind: Service\nmetadata: { name: x }\nspec: {}\n");
    var result = run("validate", "-f", wrong);
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err()).contains(":1:13: apiVersion: 'v2' must be one of v1");
  }

  @Test
  void servicesAndProxiesAreListed() {
    assertThat(onServer("services").out()).contains("bank-1").contains("127.0.0.1:9000");
    assertThat(onServer("proxy-status").out()).contains("NODE");
    assertThat(onServer("proxy-config", "nobody").err()).contains("no proxy 'nobody'");
    assertThat(onServer("traces").code()).isZero();
    assertThat(onServer("trace", "0123456789abcdef0123456789abcdef").err())
        .contains("there is no trace");
    assertThat(onServer("trace", "xyz").err()).contains("'xyz' must be");
  }

  @Test
  void wrongUsageNamesItselfAndSuggestsTheRightOne() {
    var option = run("up", "--dta", "x");
    assertThat(option.code()).isEqualTo(2);
    assertThat(option.err()).contains("--dta").contains("--data");
    var command = run("appply");
    assertThat(command.code()).isEqualTo(2);
    assertThat(command.err()).contains("appply").contains("apply");
    assertThat(run().code()).isEqualTo(2);
    assertThat(onServer("get", "servce").err()).contains("did you mean 'service'?");
  }

  @Test
  void anAbsentServerIsNamedWithWhatToDo() {
    var result = run("services", "--api", "http://127.0.0.1:1");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err()).contains("http://127.0.0.1:1").contains("fairlead up");
  }

  @Test
  void aSecondProcessOnTheSameStateIsRefusedByName() {
    org.assertj.core.api.Assertions.assertThatExceptionOfType(java.io.IOException.class)
        .isThrownBy(() -> UpServer.start(settings()))
        .withMessageContaining("is in use by")
        .withMessageContaining(folder.resolve("state").toString());
  }

  @Test
  void aSecondStartRecoversCatalogAndConfiguration() throws Exception {
    var yaml = file("s.yaml", "apiVersion: v1\nkind: Service\nmetadata: { name: x }\nspec: {}\n");
    onServer("apply", "-f", yaml);
    stop();
    up = null;
    var again = UpServer.start(settings());
    up = again;
    api = "http://127.0.0.1:" + again.ports().getFirst().number();
    assertThat(onServer("services").out()).contains("bank-1");
    assertThat(onServer("get", "service", "x").out()).contains("name: x");
  }

  @Test
  void anApiKeyIsPrintedOnceAndOnlyItsHashIsKept() throws Exception {
    var keys = folder.resolve("keys.txt");
    var key = run("api-key", "--client", "web", "--file", keys.toString()).out().strip();
    assertThat(key).hasSizeGreaterThan(20);
    assertThat(Files.readString(keys))
        .isEqualTo("web:" + ApiKeyCommand.sha256(key) + "\n")
        .doesNotContain(key);
    var policy =
        file(
            "policy.yaml",
            """
            apiVersion: gateway.networking.k8s.io/v1
            kind: HTTPRoute
            metadata: { name: shop }
            spec:
              parentRefs: [{ kind: Service, name: bank }]
              rules: [{ backendRefs: [{ name: bank }] }]
            ---
            apiVersion: fairlead.io/v1
            kind: SecurityPolicy
            metadata: { name: keys }
            spec:
              targetRefs: [{ kind: HTTPRoute, name: shop }]
              apiKey: { keysFile: keys.txt }
            """);
    assertThat(onServer("apply", "-f", policy).err()).isEmpty();
    assertThat(onServer("get", "securitypolicy", "keys").out()).contains(ApiKeyCommand.sha256(key));
  }
}
