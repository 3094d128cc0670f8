package io.fairlead.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.fairlead.resilience.BulkheadSettings;
import io.fairlead.resilience.CircuitBreakerSettings;
import io.fairlead.resilience.ProcessLimits;
import io.fairlead.resilience.RateLimitAlgorithm;
import io.fairlead.resilience.RateLimitSettings;
import io.fairlead.resilience.RetryBudgetSettings;
import io.fairlead.resilience.RetryOn;
import io.fairlead.resilience.SlidingWindowType;
import io.fairlead.resilience.ThreadPoolBulkheadSettings;
import io.fairlead.resilience.TimeoutSettings;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ManifestsTest {
  private static final String WHOLE_POLICY =
      """
      apiVersion: fairlead.io/v1
      kind: ResiliencePolicy
      metadata: { name: bank }
      spec:
        targetRefs: [{ kind: Service, name: bank }]
        circuitBreaker:
          failureRateThreshold: 40
          slowCallRateThreshold: 90
          slowCallDurationThreshold: 1s500ms
          minimumNumberOfCalls: 20
          slidingWindowType: TIME_BASED
          slidingWindowSize: 60
          waitDurationInOpenState: 5s
          permittedNumberOfCallsInHalfOpenState: 4
        retry:
          maxRetries: 2
          initialDelay: 50ms
          maxDelay: 1s
          multiplier: 3
          jitter: 0.25
          on: [connect-failure, 5xx]
          budget: { percent: 10, minPerSecond: 1 }
        timeout: { request: 3s, connect: 250ms, idle: 1m }
        bulkhead: { maxConcurrentCalls: 7, maxWait: 10ms }
        rateLimit: { limit: 30, period: 1m, algorithm: SLIDING_WINDOW }
      """;

  private static Manifests parse(String text) {
    return Manifests.parse("mesh.yaml", text, Manifests.ReferencedFiles.NONE);
  }

  private static List<String> messages(String text) {
    var manifests = parse(text);
    assertThat(manifests.faults()).isNotEmpty();
    return manifests.faults().stream().map(Fault::toString).toList();
  }

  @Test
  void everyFieldOfAResiliencePolicyIsRead() {
    var parsed = parse(WHOLE_POLICY);
    assertThat(parsed.faults()).isEmpty();
    var policy = (Manifest.ResiliencePolicy) parsed.documents().getFirst();
    assertThat(policy.targets().getFirst().name()).isEqualTo("bank");
    var settings = policy.settings();
    assertThat(settings.circuitBreaker())
        .hasValue(
            CircuitBreakerSettings.defaults()
                .withFailureRateThreshold(40)
                .withSlowCallRateThreshold(90)
                .withSlowCallDurationThreshold(Duration.ofMillis(1500))
                .withMinimumNumberOfCalls(20)
                .withSlidingWindowType(SlidingWindowType.TIME_BASED)
                .withSlidingWindowSize(60)
                .withWaitDurationInOpenState(Duration.ofSeconds(5))
                .withPermittedNumberOfCallsInHalfOpen(4));
    var retry = settings.retry().orElseThrow();
    assertThat(retry.maxRetries()).isEqualTo(2);
    assertThat(retry.initialDelay()).isEqualTo(Duration.ofMillis(50));
    assertThat(retry.maxDelay()).isEqualTo(Duration.ofSeconds(1));
    assertThat(retry.multiplier()).isEqualTo(3);
    assertThat(retry.jitter()).isEqualTo(0.25);
    assertThat(retry.on()).isEqualTo(Set.of(RetryOn.CONNECT_FAILURE, RetryOn.SERVER_ERROR));
    assertThat(retry.budget()).hasValue(new RetryBudgetSettings(10, 1));
    assertThat(settings.timeout())
        .hasValue(
            new TimeoutSettings(
                Duration.ofSeconds(3), Duration.ofMillis(250), Duration.ofMinutes(1)));
    assertThat(settings.bulkhead())
        .hasValue(
            BulkheadSettings.defaults()
                .withMaxConcurrentCalls(7)
                .withMaxWait(Duration.ofMillis(10)));
    assertThat(settings.rateLimit())
        .hasValue(
            new RateLimitSettings(30, Duration.ofMinutes(1), RateLimitAlgorithm.SLIDING_WINDOW));
  }

  @Test
  void allFaultsOfADocumentAreReportedAtOnceWithTheirLines() {
    assertThat(
            messages(
                """
                apiVersion: fairlead.io/v1
                kind: ResiliencePolicy
                metadata: { name: bank }
                spec:
                  targetRefs: [{ kind: Service, name: bank }]
                  circuitBreaker:
                    failureRateTreshold: 40
                    slowCallDurationThreshold: 2
                    failureRateThreshold: 400
                    slidingWindowType: CALLS
                  retry:
                    initialDelay: 100
                    on: [connect-failure, 404]
                """))
        .containsExactlyInAnyOrder(
            "mesh.yaml:7:5: spec.circuitBreaker.failureRateTreshold: is unknown",
            "mesh.yaml:8:32: spec.circuitBreaker.slowCallDurationThreshold: '2' must be a"
                + " duration with a unit (ms, s, m or h); did you mean '2s'?",
            "mesh.yaml:9:27: spec.circuitBreaker.failureRateThreshold: '400' must be a number"
                + " from 0.0 to 100.0",
            "mesh.yaml:10:24: spec.circuitBreaker.slidingWindowType: 'CALLS' must be one of"
                + " COUNT_BASED, TIME_BASED",
            "mesh.yaml:12:19: spec.retry.initialDelay: '100' must be a duration with a unit (ms,"
                + " s, m or h); did you mean '100ms'?",
            "mesh.yaml:13:9: spec.retry.on: must hold only connect-failure, refused-stream, reset,"
                + " timeout, gateway-error, 5xx, request-timeout, too-early, too-many-requests,"
                + " cancelled, deadline-exceeded, internal, resource-exhausted, unavailable,"
                + " holds 404");
  }

  @Test
  void whatOnlyAnApplicationCanEnforceIsAcceptedWithAWarningAtItsField() {
    var parsed =
        parse(
            """
            apiVersion: fairlead.io/v1
            kind: ResiliencePolicy
            metadata: { name: bank }
            spec:
              targetRefs: [{ kind: Service, name: bank }]
              bulkhead: { permits: 5 }
              threadPool: {}
              process: { cpus: 2, memory: 4GiB }
            """);
    assertThat(parsed.faults()).isEmpty();
    var policy = (Manifest.ResiliencePolicy) parsed.documents().getFirst();
    assertThat(policy.settings().bulkhead().orElseThrow().maxConcurrentCalls()).isEqualTo(5);
    assertThat(policy.settings().threadPool()).hasValue(ThreadPoolBulkheadSettings.defaults());
    assertThat(policy.settings().process())
        .hasValue(ProcessLimits.defaults().withCpus(2).withMemoryBytes(4L << 30));
    assertThat(Manifests.join(List.of(parsed)).warnings())
        .extracting(Fault::toString)
        .containsExactly(
            "mesh.yaml:7:3: spec.threadPool: applies in process only; no sidecar and no gateway"
                + " enforces it",
            "mesh.yaml:8:3: spec.process: applies in process only; no sidecar and no gateway"
                + " enforces it");
    assertThat(parse(WHOLE_POLICY).warnings()).isEmpty();
  }

  @Test
  void sizesPoolsAndBothNamesOfOneFieldAreChecked() {
    assertThat(
            messages(
                """
                apiVersion: fairlead.io/v1
                kind: ResiliencePolicy
                metadata: { name: bank }
                spec:
                  targetRefs: [{ kind: Service, name: bank }]
                  bulkhead: { permits: 5, maxConcurrentCalls: 6 }
                  threadPool: { maxThreads: 0, queueCapacity: many, keepAlive: 60 }
                  process: { cpus: 5000, memory: 4G, pids: 0 }
                """))
        .containsExactlyInAnyOrder(
            "mesh.yaml:6:24: spec.bulkhead.permits: '5' must not stand beside maxConcurrentCalls,"
                + " its other name",
            "mesh.yaml:7:29: spec.threadPool.maxThreads: '0' must be 1 to 10000",
            "mesh.yaml:7:47: spec.threadPool.queueCapacity: 'many' must be a whole number from 0"
                + " to 100000000",
            "mesh.yaml:7:64: spec.threadPool.keepAlive: '60' must be a duration with a unit (ms,"
                + " s, m or h); did you mean '60s'?",
            "mesh.yaml:8:20: spec.process.cpus: '5000' must be 0.01 to 1024.0",
            "mesh.yaml:8:34: spec.process.memory: '4G' must be a size with a unit (kB, MB, GB, TB,"
                + " KiB, MiB, GiB or TiB); did you mean '4GB'?",
            "mesh.yaml:8:44: spec.process.pids: '0' must be a whole number from 1 to 4194304");
  }

  @Test
  void sizesHaveUnitsOf1000AndOf1024() {
    assertThat(SizeText.parse("4GB")).isEqualTo(4_000_000_000L);
    assertThat(SizeText.parse("512MiB")).isEqualTo(512L << 20);
    assertThat(SizeText.parse("1kB")).isEqualTo(1_000).isEqualTo(SizeText.parse("1KB"));
    assertThat(SizeText.parse("999999TiB")).isEqualTo(999_999L << 40);
    for (var text : List.of("", "4", "4G", "4 GB", "4gb", "-4GB", "1.5GB", "1kiB", "1000000GB")) {
      assertThatIllegalArgumentException()
          .as("size '%s'", text)
          .isThrownBy(() -> SizeText.parse(text))
          .withMessageStartingWith("must be a size with a unit");
    }
    assertThat(
            messages(
                """
                apiVersion: fairlead.io/v1
                kind: ResiliencePolicy
                metadata: { name: bank }
                spec:
                  targetRefs: [{ kind: Service, name: bank }]
                  process: { memory: 100kB }
                """))
        .containsExactly("mesh.yaml:6:22: spec.process.memory: '100kB' must be 1MiB to 1024TiB");
  }

  @Test
  void aMisspeltFieldGetsTheNearestFieldThatIsNotUsedYet() {
    assertThat(
            messages(
                """
                apiVersion: fairlead.io/v1
                kind: ResiliencePolicy
                metadata: { name: bank }
                spec:
                  targetRefs: [{ name: bank }]
                  bulkhead: { maxConcurentCalls: 3 }
                """))
        .containsExactly(
            "mesh.yaml:6:15: spec.bulkhead.maxConcurentCalls: is unknown;"
                + " did you mean 'maxConcurrentCalls'?");
  }

  @Test
  void routeFaultsNameWeightSumHostAndPath() {
    assertThat(
            messages(
                """
                apiVersion: gateway.networking.k8s.io/v1
                kind: HTTPRoute
                metadata: { name: shipping }
                spec:
                  parentRefs: [{ kind: Service, name: shipping }]
                  hostnames: [a.example, A.example]
                  rules:
                    - matches: [{ path: { type: PathPrefix, value: api } }]
                      backendRefs:
                        - { name: shipping-v1, weight: 0 }
                        - { name: shipping-v2, weight: 0 }
                """))
        .containsExactlyInAnyOrder(
            "mesh.yaml:6:14: spec.hostnames: must not name A.example twice",
            "mesh.yaml:8:52: spec.rules[0].matches[0].path.value: 'api' must begin with /",
            "mesh.yaml:10:9: spec.rules[0].backendRefs: must have weights whose sum is above 0");
  }

  @Test
  void unknownKindGetsASuggestion() {
    assertThat(
            messages(
                """
                apiVersion: gateway.networking.k8s.io/v1
                kind: HttpRoutes
                metadata: { name: x }
                """))
        .singleElement()
        .asString()
        .startsWith("mesh.yaml:2:7: kind: 'HttpRoutes' must be one of")
        .endsWith("did you mean 'HTTPRoute'?");
  }

  @Test
  void brokenYamlNamesTheLine() {
    assertThat(messages("apiVersion: v1\nkind: [Service\n"))
        .singleElement()
        .asString()
        .startsWith("mesh.yaml:3:1: (document): is not YAML:");
  }

  @Test
  void oneBrokenDocumentDoesNotHideTheOthers() {
    var parsed =
        parse(
            """
            apiVersion: v1
            kind: Service
            metadata: { name: a }
            spec: { selectr: { version: v1 } }
            ---
            apiVersion: v1
            kind: Service
            metadata: { name: b }
            spec: { selector: { version: v1 } }
            """);
    assertThat(parsed.documents()).extracting(d -> d.metadata().name()).containsExactly("b");
    assertThat(parsed.faults()).hasSize(1);
  }

  @Test
  void apiKeysComeFromTheReferencedFile() {
    var text =
        """
        apiVersion: fairlead.io/v1
        kind: SecurityPolicy
        metadata: { name: keys }
        spec:
          targetRefs: [{ kind: HTTPRoute, name: shop }]
          apiKey: { header: X-Api-Key, keysFile: keys.txt }
        """;
    var hash = "ab".repeat(32);
    var good = Manifests.parse("m.yaml", text, name -> "# keys\nweb:" + hash + "\n");
    assertThat(good.faults()).isEmpty();
    assertThat(((Manifest.SecurityPolicy) good.documents().getFirst()).keys())
        .containsExactly(new Manifest.SecurityPolicy.ApiKey("web", hash));
    var bad = Manifests.parse("m.yaml", text, name -> "web:secret\n");
    assertThat(bad.faults())
        .singleElement()
        .asString()
        .contains("must hold client:sha256 in each line, not so in line 1")
        .doesNotContain("secret");
    var missing =
        Manifests.parse(
            "m.yaml",
            text,
            name -> {
              throw new IOException("no such file");
            });
    assertThat(missing.faults()).singleElement().asString().contains("no such file");
  }

  @Test
  void theSameDocumentInTwoFilesIsAFault() {
    var text = "apiVersion: v1\nkind: Service\nmetadata: { name: a }\nspec: {}\n";
    var joined =
        Manifests.join(
            List.of(
                Manifests.parse("one.yaml", text, Manifests.ReferencedFiles.NONE),
                Manifests.parse("two.yaml", text, Manifests.ReferencedFiles.NONE)));
    assertThat(joined.faults())
        .singleElement()
        .hasToString("two.yaml:1:1: metadata.name: 'Service/a' stands at one.yaml:1:1 already");
  }

  @Test
  void mutilatedTextNeverThrows() {
    var seed = new Random().nextLong();
    var random = new Random(seed);
    var sample =
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: { name: shop, labels: { a: b } }
        spec:
          parentRefs: [{ name: edge, sectionName: web }]
          rules:
            - matches: [{ path: { value: /x }, headers: [{ name: a, value: b }], method: GET }]
              filters:
                - type: URLRewrite
                  urlRewrite: { path: { type: ReplacePrefixMatch, replacePrefixMatch: / } }
              backendRefs: [{ name: user, weight: 3 }]
              timeouts: { request: 2s }
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: GRPCRoute
        metadata: { name: calls }
        spec:
          parentRefs: [{ name: edge }]
          rules:
            - matches: [{ method: { type: RegularExpression, service: a+, method: "b|c" } }]
              backendRefs: [{ name: user }]
            - matches: [{ method: { service: a.B, method: C } }]
              backendRefs: [{ name: user }]
        """;
    assertThat(parse(sample).faults()).isEmpty();
    for (int i = 0; i < 3000; i++) {
      var text = new StringBuilder(sample);
      for (int edits = 1 + random.nextInt(4); edits > 0; edits--) {
        int at = random.nextInt(text.length());
        switch (random.nextInt(3)) {
          case 0 -> text.deleteCharAt(at);
          case 1 -> text.setCharAt(at, ":{}[]-#&*!|>'\"%@,? \n\t0a".charAt(random.nextInt(23)));
          default -> text.insert(at, ":{}[]-#&*!|>'\"%@,? \n\t0a".charAt(random.nextInt(23)));
        }
      }
      var parsed = parse(text.toString());
      assertThat(parsed.documents().size() + parsed.faults().size())
          .as("seed %d round %d: %s", seed, i, text)
          .isPositive();
    }
  }

  @Test
  void faultsOfMatchesNameFieldAndRule() {
    var route =
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: { name: r }
        spec:
          parentRefs: [{ name: edge }]
          rules:
            - matches:
                - { path: { type: RegularExpression, value: "/(a" } }
                - { path: { type: URITemplate, value: "/a/**/b" }, method: GET, methods: [PUT] }
                - { methods: [FETCH] }
                - { headers: [{ name: a, type: Present, value: b }] }
                - { queryParams: [{ name: a, type: Sufix, value: b }] }
              filters:
                - type: URLRewrite
                  urlRewrite: { path: { replacePrefixMatch: / } }
              backendRefs: [{ name: a }]
        """;
    assertThat(String.join("\n", messages(route)))
        .contains(
            "matches[0].path.value: '/(a' must be a regular expression in the syntax of RE2",
            "matches[1].path.value: '/a/**/b' must have ** in the last place only",
            "matches[1].methods: must be absent beside method",
            "matches[2].methods: must be of GET",
            "matches[3].headers[0].value: 'b' must be absent for type Present",
            "matches[4].queryParams[0].type: 'Sufix' must be one of",
            "filters: must have ReplacePrefixMatch only for paths of type PathPrefix");
  }

  @Test
  void faultsOfFiltersNameFieldAndRule() {
    var route =
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: { name: r }
        spec:
          parentRefs: [{ name: edge }]
          rules:
            - filters:
                - { type: RequestMirror, requestMirror: { percent: 5, fraction: { numerator: 1 } } }
                - { type: CORS, cors: { allowOrigins: [shop.example], allowMethods: ["a b"] } }
              timeouts: { request: 1s, backendRequest: 2s }
              retry: { codes: [302] }
              backendRefs: [{ name: a }]
        ---
        apiVersion: fairlead.io/v1
        kind: RoutePolicy
        metadata: { name: r }
        spec:
          fault: { delay: { fixedDelay: 2h }, abort: {} }
          limits: { maxBody: 5, minBodyRate: { window: 1ms }, firstByte: 0s }
          priority: sheddible
        """;
    assertThat(String.join("\n", messages(route)))
        .contains(
            "requestMirror.fraction: must be absent beside percent",
            "requestMirror.backendRef: is required",
            "cors.allowOrigins: must be *, scheme://host or scheme://*.suffix, was shop.example",
            "cors.allowMethods: must be * or tokens",
            "timeouts.backendRequest: '2s' must not be above request",
            "retry.codes: must be statuses of 400 to 599, was 302",
            "spec.targetRefs: is required",
            "spec.fault.delay.fixedDelay: '2h' must be above 0 up to 1h",
            "spec.fault.abort.httpStatus: is required",
            "spec.limits.maxBody: '5' must be a size with a unit",
            "spec.limits.minBodyRate.bytesPerSecond: is required",
            "spec.limits.minBodyRate.window: '1ms' must be 10ms to 1h",
            "spec.limits.firstByte: '0s' must be above 0",
            "spec.priority: 'sheddible' must be one of critical-plus, critical, sheddable-plus,");
  }
}
