package io.fairlead.control;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.UInt64Value;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitRequest;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse.Code;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse.DescriptorStatus;
import io.fairlead.config.Manifests;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the rate limit service answers; the clock stands until it is moved. */
class RateLimitServiceTest {
  private static final String LIMITS =
      """
      apiVersion: fairlead.io/v1
      kind: RateLimitDomain
      metadata: { name: shop }
      spec:
        domain: shop
        descriptors:
          - { key: tenant, rateLimit: { requestsPerUnit: 2, unit: MINUTE } }
          - key: tenant
            value: big
            rateLimit: { requestsPerUnit: 5, unit: MINUTE }
            descriptors:
              - { key: path, value: /pay, rateLimit: { requestsPerUnit: 1, unit: HOUR } }
          - { key: tried, rateLimit: { requestsPerUnit: 0, unit: SECOND, shadow: true } }
          - { key: closed, rateLimit: { requestsPerUnit: 0, unit: DAY } }
      """;

  private Instant now = Instant.ofEpochSecond(1_000_020);
  private final MemoryCounters counters = new MemoryCounters(() -> now, 100);
  private final RateLimitMetrics metrics = new RateLimitMetrics();
  private final RateLimits limits =
      RateLimits.of(
          Manifests.parse("m.yaml", LIMITS, Manifests.ReferencedFiles.NONE).documents(), metrics);
  private final RateLimitService service =
      new RateLimitService(() -> limits, counters, () -> now, metrics);

  /** A descriptor of keys and values in turn. */
  static RateLimitDescriptor descriptor(String... entries) {
    var made = RateLimitDescriptor.newBuilder();
    for (int i = 0; i < entries.length; i += 2) {
      made.addEntriesBuilder().setKey(entries[i]).setValue(entries[i + 1]);
    }
    return made.build();
  }

  /** The answer, or the status of the call that failed. */
  record Answer(@Nullable RateLimitResponse response, Status.Code status) {
    Code code() {
      return response == null ? Code.UNKNOWN : response.getOverallCode();
    }
  }

  static Answer ask(RateLimitService service, RateLimitRequest request) {
    List<Answer> answers = new ArrayList<>();
    service.shouldRateLimit(
        request,
        new StreamObserver<>() {
          @Override
          public void onNext(RateLimitResponse response) {
            answers.add(new Answer(response, Status.Code.OK));
          }

          @Override
          public void onError(Throwable failure) {
            answers.add(new Answer(null, Status.fromThrowable(failure).getCode()));
          }

          @Override
          public void onCompleted() {}
        });
    assertThat(answers).hasSize(1);
    return answers.getFirst();
  }

  private Answer ask(RateLimitDescriptor... descriptors) {
    return ask(
        service,
        RateLimitRequest.newBuilder()
            .setDomain("shop")
            .addAllDescriptors(List.of(descriptors))
            .build());
  }

  private DescriptorStatus status(Answer answer) {
    RateLimitResponse response = answer.response;
    assertThat(response).isNotNull();
    return response == null ? DescriptorStatus.getDefaultInstance() : response.getStatuses(0);
  }

  @Test
  void eachValueIsCountedApartAndWindowsBeginAnew() {
    var red = descriptor("tenant", "red");
    assertThat(status(ask(red)))
        .satisfies(
            told -> {
              assertThat(told.getCode()).isEqualTo(Code.OK);
              assertThat(told.getLimitRemaining()).isEqualTo(1);
              assertThat(told.getCurrentLimit().getRequestsPerUnit()).isEqualTo(2);
              assertThat(told.getDurationUntilReset().getSeconds()).isEqualTo(60);
            });
    now = now.plusSeconds(59);
    assertThat(ask(red).code()).isEqualTo(Code.OK);
    assertThat(ask(red).code()).isEqualTo(Code.OVER_LIMIT);
    assertThat(status(ask(red)).getDurationUntilReset().getSeconds()).isEqualTo(1);
    assertThat(ask(descriptor("tenant", "blue")).code()).isEqualTo(Code.OK);
    now = now.plusSeconds(1);
    assertThat(ask(red).code()).isEqualTo(Code.OK);
  }

  @Test
  void theMostExactNodeDecidesAndOnlyForItsOwnDescriptor() {
    for (int i = 0; i < 5; i++) {
      assertThat(ask(descriptor("tenant", "big")).code()).isEqualTo(Code.OK);
    }
    assertThat(ask(descriptor("tenant", "big")).code()).isEqualTo(Code.OVER_LIMIT);
    var pay = descriptor("tenant", "big", "path", "/pay");
    assertThat(ask(pay).code()).isEqualTo(Code.OK);
    assertThat(ask(pay).code()).isEqualTo(Code.OVER_LIMIT);
    assertThat(ask(descriptor("tenant", "big", "path", "/other")).code()).isEqualTo(Code.OK);
    assertThat(ask(descriptor("tenant", "red", "path", "/pay")).code()).isEqualTo(Code.OK);
    assertThat(ask(descriptor("unknown", "x")).code()).isEqualTo(Code.OK);
  }

  @Test
  void oneDescriptorOverItsLimitIsEnough() {
    Answer answer = ask(descriptor("tenant", "red"), descriptor("closed", "x"));
    assertThat(answer.code()).isEqualTo(Code.OVER_LIMIT);
    assertThat(answer.response)
        .isNotNull()
        .extracting(r -> r.getStatusesList().stream().map(DescriptorStatus::getCode).toList())
        .isEqualTo(List.of(Code.OK, Code.OVER_LIMIT));
  }

  @Test
  void aShadowOnlyCounts() {
    assertThat(ask(descriptor("tried", "x")).code()).isEqualTo(Code.OK);
    assertThat(status(ask(descriptor("tried", "x"))).getLimitRemaining()).isZero();
  }

  @Test
  void hitsOfTheDescriptorGoBeforeThoseOfTheRequest() {
    var two = descriptor("tenant", "big").toBuilder().setHitsAddend(UInt64Value.of(2)).build();
    var request = RateLimitRequest.newBuilder().setDomain("shop").setHitsAddend(3);
    request.addDescriptors(two);
    assertThat(status(ask(service, request.build())).getLimitRemaining()).isEqualTo(3);
    request.clearDescriptors().addDescriptors(descriptor("tenant", "big"));
    assertThat(status(ask(service, request.build())).getLimitRemaining()).isZero();
  }

  @Test
  void valuesThatLookLikeOneAnotherAreNotOne() {
    ask(descriptor("tenant", "a|3:b"));
    ask(descriptor("tenant", "a|3:b"));
    assertThat(ask(descriptor("tenant", "a")).code()).isEqualTo(Code.OK);
    String longOne = "x".repeat(2_000);
    ask(descriptor("tenant", longOne));
    ask(descriptor("tenant", longOne));
    assertThat(ask(descriptor("tenant", longOne)).code()).isEqualTo(Code.OVER_LIMIT);
    assertThat(ask(descriptor("tenant", longOne + "x")).code()).isEqualTo(Code.OK);
  }

  @Test
  void whatCannotBeCountedIsUnavailableUntilThereIsRoom() {
    for (int i = 0; i < 100; i++) {
      assertThat(ask(descriptor("tenant", "t" + i)).status).isEqualTo(Status.Code.OK);
    }
    assertThat(ask(descriptor("tenant", "more")).status).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(ask(descriptor("tenant", "t1")).status).isEqualTo(Status.Code.OK);
    now = now.plusSeconds(120);
    assertThat(ask(descriptor("tenant", "more")).status).isEqualTo(Status.Code.OK);
  }

  private String decisions(String rule, String outcome) {
    String series = "{domain=\"shop\",rule=\"%s\",outcome=\"%s\"} ".formatted(rule, outcome);
    return metrics
        .prometheus()
        .lines()
        .filter(line -> line.contains(series))
        .map(line -> line.substring(line.lastIndexOf(' ') + 1))
        .collect(java.util.stream.Collectors.joining(","));
  }

  @Test
  void decisionsAreCountedByRuleWhateverValuesCome() {
    for (int i = 0; i < 7; i++) {
      ask(descriptor("tenant", "big"));
      ask(descriptor("tenant", "t" + i));
      ask(descriptor("tried", "x"));
      ask(descriptor("unknown", "x" + i));
    }
    assertThat(decisions("tenant_big", "ok")).isEqualTo("4");
    assertThat(decisions("tenant_big", "near_limit")).isEqualTo("1");
    assertThat(decisions("tenant_big", "over_limit")).isEqualTo("2");
    assertThat(decisions("tenant", "ok")).isEqualTo("7");
    assertThat(decisions("tried", "shadow")).isEqualTo("7");
    assertThat(metrics.prometheus()).contains("fairlead_rate_limit_unlimited_total 7\n");
    long before = metrics.prometheus().lines().count();
    for (int i = 0; i < 200; i++) {
      ask(descriptor("tenant", "other" + i));
    }
    assertThat(decisions("tenant", "error")).isNotEqualTo("0");
    assertThat(metrics.prometheus().lines()).hasSize((int) before);
  }

  @Test
  void aRuleThatStaysKeepsItsCountsAndOneThatGoesIsForgotten() {
    ask(descriptor("closed", "x"));
    ask(descriptor("tenant", "red"));
    var fewer = LIMITS.lines().filter(line -> !line.contains("closed")).toList();
    var text = String.join("\n", fewer);
    RateLimits.of(
        Manifests.parse("m.yaml", text, Manifests.ReferencedFiles.NONE).documents(), metrics);
    assertThat(decisions("tenant", "ok")).isEqualTo("1");
    assertThat(metrics.prometheus()).doesNotContain("closed");
  }

  @Test
  void requestsWithoutMeaningAreRefused() {
    assertThat(ask(service, RateLimitRequest.getDefaultInstance()).status)
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
    RateLimitDescriptor[] many = new RateLimitDescriptor[65];
    java.util.Arrays.fill(many, descriptor("tenant", "red"));
    assertThat(ask(many).status).isEqualTo(Status.Code.INVALID_ARGUMENT);
  }
}
