package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Every example of the guide in {@code docs/}, between {@code // guide} and {@code // end}, run.
 * {@link GuideTest} compares both.
 */
@org.junit.jupiter.api.Timeout(60)
class GuideExamplesTest {
  private static final Receipt PENDING = new Receipt("pending");

  private final Order order = new Order("17", "shop-a");
  private final Bank bank = new Bank();

  record Order(String id, String tenant) {
    byte[] bytes() {
      return id.getBytes(StandardCharsets.UTF_8);
    }
  }

  record Receipt(String status) {}

  record Request(Map<String, String> headers) {
    String header(String name) {
      return headers.getOrDefault(name, "");
    }
  }

  /** Pays, unless there are failures to throw first. */
  static final class Bank {
    final List<Exception> failures = new ArrayList<>();
    int asked;

    Receipt charge(Order order) throws Exception {
      asked++;
      if (!failures.isEmpty()) {
        throw failures.removeFirst();
      }
      return new Receipt("paid " + order.id());
    }

    Receipt charge(Order order, String timeoutHeader) {
      asked++;
      return new Receipt("paid " + order.id() + ", had " + timeoutHeader.endsWith("n"));
    }

    CompletionStage<Receipt> chargeAsync(Order order) {
      asked++;
      return CompletableFuture.completedStage(new Receipt("paid " + order.id()));
    }
  }

  @Test
  void pipeline() throws Exception {
    // guide
    Pipeline<Receipt> payment =
        Pipeline.<Receipt>named("payment")
            .fallback(Fallback.value(PENDING))
            .deadline(Duration.ofSeconds(3))
            .retry(RetrySettings.defaults())
            .rateLimit(RateLimitSettings.defaults())
            .circuitBreaker(CircuitBreakerSettings.defaults())
            .bulkhead(BulkheadSettings.defaults())
            .timeout(Duration.ofSeconds(1))
            .failWhen(receipt -> receipt.status().equals("error"))
            .ignoreWhen(failure -> failure instanceof IllegalArgumentException)
            .build();

    Receipt receipt = payment.call(() -> bank.charge(order));
    CompletionStage<Receipt> later = payment.callAsync(() -> bank.chargeAsync(order));
    // end
    assertThat(receipt.status()).isEqualTo("paid 17");
    assertThat(later.toCompletableFuture().get()).isEqualTo(receipt);
    bank.failures.add(new IOException("broken"));
    assertThat(payment.call(() -> bank.charge(order))).isEqualTo(PENDING);
  }

  @Test
  void settingsThatChange() throws Exception {
    // guide
    ResilienceSettings declared =
        ResilienceSettings.none()
            .withTimeout(TimeoutSettings.defaults().withRequest(Duration.ofSeconds(3)))
            .withRetry(RetrySettings.defaults().withMaxRetries(2))
            .withCircuitBreaker(CircuitBreakerSettings.defaults().withMinimumNumberOfCalls(20));
    Pipeline<Receipt> payment = Pipeline.of("payment", declared);
    Receipt receipt = payment.call(() -> bank.charge(order), Fallback.value(PENDING));

    payment.reconfigure(declared.withBulkhead(BulkheadSettings.defaults()));
    // end
    assertThat(receipt.status()).isEqualTo("paid 17");
    assertThat(payment.policies()).hasSize(4);
    assertThat(payment.policy(CircuitBreaker.class).orElseThrow().snapshot().calls()).isEqualTo(1);
  }

  @Test
  void changedOneByOne() {
    Pipeline<Receipt> payment =
        Pipeline.<Receipt>named("payment").timeout(Duration.ofSeconds(1)).build();
    // guide
    payment.policy(Timeout.class).ifPresent(timeout -> timeout.reconfigure(Duration.ofMillis(300)));
    // end
    assertThat(payment.policy(Timeout.class).orElseThrow().limit()).hasMillis(300);
  }

  @Test
  void callThatEndsElsewhere() {
    Pipeline<Receipt> payment =
        Pipeline.<Receipt>named("payment")
            .circuitBreaker(CircuitBreakerSettings.defaults())
            .build();
    BlockingQueue<Receipt> stream = new LinkedBlockingQueue<>(List.of(new Receipt("paid")));
    // guide
    try (CallPermit<Receipt> permit = payment.enter()) {
      while (stream.poll() != null) {
        // as long as it takes, on any thread
      }
      permit.success();
    } // closed without an outcome, it would say nothing of the other side
    // end
    assertThat(payment.policy(CircuitBreaker.class).orElseThrow().snapshot().calls()).isEqualTo(1);
  }

  @Test
  void breakerByPermit() throws Exception {
    // guide
    var breaker = new CircuitBreaker("bank", CircuitBreakerSettings.defaults());

    Receipt receipt = breaker.call(() -> bank.charge(order));

    long permit = breaker.tryAcquire();
    if (permit == CircuitBreaker.REJECTED) {
      receipt = PENDING;
    } else {
      long start = System.nanoTime();
      bank.chargeAsync(order)
          .whenComplete(
              (paid, failure) -> {
                if (failure == null) {
                  breaker.success(permit, System.nanoTime() - start);
                } else {
                  breaker.failure(permit, System.nanoTime() - start);
                }
              });
    }
    // end
    assertThat(receipt.status()).isEqualTo("paid 17");
    assertThat(breaker.snapshot().calls()).isEqualTo(2);
  }

  @Test
  void forcedStates() {
    var breaker = new CircuitBreaker("bank", CircuitBreakerSettings.defaults());
    // guide
    breaker.transitionTo(CircuitState.FORCED_OPEN); // the bank is being migrated
    breaker.transitionTo(CircuitState.HALF_OPEN); // let probes decide
    // end
    assertThat(breaker.state()).isEqualTo(CircuitState.HALF_OPEN);
  }

  @Test
  void growingWaits() {
    // guide
    CircuitBreakerSettings patient =
        CircuitBreakerSettings.defaults()
            .withWaitDurationInOpenState(Duration.ofSeconds(10))
            .withWaitDurationMultiplier(2)
            .withMaxWaitDurationInOpenState(Duration.ofMinutes(1));
    // end
    var rules = new CircuitRules(patient, new ManualTicker());
    assertThat(Duration.ofNanos(rules.waitNanos(0))).hasSeconds(10);
    assertThat(Duration.ofNanos(rules.waitNanos(2))).hasSeconds(40);
    assertThat(Duration.ofNanos(rules.waitNanos(3))).hasSeconds(60);
  }

  @Test
  void retryWithOneBudgetForAll() throws Exception {
    // guide
    var budget = new RetryBudget(RetryBudgetSettings.defaults(), Ticker.coarse());
    RetrySettings settings =
        RetrySettings.defaults()
            .withMaxRetries(2)
            .withJitterMode(RetryJitter.FULL)
            .withOn(EnumSet.of(RetryOn.CONNECT_FAILURE, RetryOn.REFUSED_STREAM));
    var charges = new Retry("charges", settings, Retry.Source.system(), budget);
    var refunds = new Retry("refunds", settings, Retry.Source.system(), budget);

    Receipt receipt = charges.call(() -> bank.charge(order));
    // end
    assertThat(receipt.status()).isEqualTo("paid 17");
    bank.failures.add(new ConnectException("refused"));
    assertThat(refunds.call(() -> bank.charge(order))).isEqualTo(receipt);
    assertThat(refunds.retries()).isEqualTo(1);
    assertThat(budget).hasToString("retry budget: 1 retries of 2 requests in 10 s, 0 refused");
  }

  @Test
  void retryByHand() {
    var retry = new Retry("bank", RetrySettings.defaults());
    // guide
    retry.started();
    int status = 503; // of the first try
    long retryAfter = Retry.retryAfterNanos("2", Instant.now());
    long wait = retry.nextWaitAfterStatus(0, status, retryAfter);
    boolean again = wait != Retry.STOP;
    // end
    assertThat(again).isTrue();
    assertThat(Duration.ofNanos(wait)).hasSeconds(2);
  }

  @Test
  void hedge() throws Exception {
    // guide
    var hedge = new Hedge("search", HedgeSettings.defaults().withDelay(Duration.ofMillis(80)));

    Receipt found = hedge.call(() -> bank.charge(order));
    // end
    assertThat(found.status()).isEqualTo("paid 17");
    assertThat(hedge.snapshot().calls()).isEqualTo(1);
  }

  @Test
  void hedgeWithinABudget() throws Exception {
    // guide
    var budget = new RetryBudget(RetryBudgetSettings.defaults(), Ticker.coarse());
    var retry = new Retry("search", RetrySettings.defaults(), Retry.Source.system(), budget);
    var hedge = new Hedge("search", HedgeSettings.defaults(), Ticker.system(), Optional.of(budget));
    Pipeline<Receipt> search =
        Pipeline.<Receipt>named("search")
            .deadline(Duration.ofSeconds(1))
            .retry(retry)
            .hedge(hedge)
            .build();
    // end
    assertThat(search.call(() -> bank.charge(order)).status()).isEqualTo("paid 17");
    assertThat(search.policies()).hasSize(3).contains(retry, hedge);
  }

  @Test
  void timeout() throws Exception {
    var never = new CountDownLatch(1);
    // guide
    var timeout = new Timeout("bank", Duration.ofSeconds(1));

    Receipt receipt = timeout.call(() -> bank.charge(order));
    // end
    assertThat(receipt.status()).isEqualTo("paid 17");
    timeout.reconfigure(Duration.ofMillis(20));
    assertThatThrownBy(() -> timeout.call(() -> never.await(1, TimeUnit.HOURS)))
        .isInstanceOf(CallTimeoutException.class)
        .hasCauseInstanceOf(InterruptedException.class);
    assertThat(timeout.timedOutCalls()).isEqualTo(1);
  }

  @Test
  void deadlineFromCallerToCallee() throws Exception {
    var request = new Request(Map.of(Deadline.GRPC_TIMEOUT, "50m"));
    // guide
    Deadline deadline = Deadline.ofGrpcTimeout(request.header(Deadline.GRPC_TIMEOUT));
    Receipt receipt =
        deadline.call(
            () -> {
              Deadline present = Deadline.current().orElseThrow();
              return bank.charge(order, present.toGrpcTimeout());
            });
    // end
    assertThat(receipt.status()).isEqualTo("paid 17, had true");
    assertThat(Deadline.current()).isEmpty();
  }

  @Test
  void bulkheads() throws Exception {
    // guide
    var payments = new Bulkhead("payments", BulkheadSettings.defaults().withMaxConcurrentCalls(5));
    var orders = new Bulkhead("orders", BulkheadSettings.defaults().withMaxConcurrentCalls(3));
    var users =
        new Bulkhead(
            "users",
            BulkheadSettings.defaults()
                .withMaxConcurrentCalls(2)
                .withMaxWait(Duration.ofMillis(50))
                .withMaxWaitingCalls(20));

    Receipt receipt = payments.call(() -> bank.charge(order));
    // end
    assertThat(receipt.status()).isEqualTo("paid 17");
    for (int call = 0; call < 5; call++) {
      assertThat(payments.tryAcquire()).isNotEqualTo(Bulkhead.REJECTED);
    }
    assertThatThrownBy(() -> payments.call(() -> bank.charge(order)))
        .isInstanceOf(BulkheadFullException.class);
    assertThat(orders.isAtRest()).isTrue();
    assertThat(users.isAtRest()).isTrue();
  }

  @Test
  void threadPool() throws Exception {
    var paidLater = new CompletableFuture<Boolean>();
    // guide
    try (var pool = new ThreadPoolBulkhead("legacy", ThreadPoolBulkheadSettings.defaults())) {
      Receipt receipt = pool.call(() -> bank.charge(order));
      CompletionStage<Receipt> later = pool.submit(() -> bank.charge(order));
      later.thenAccept(paid -> paidLater.complete(paid.equals(receipt)));
    }
    // end
    assertThat(paidLater.get()).isTrue();
  }

  @Test
  void process() throws Exception {
    // guide
    var bulkhead = new ProcessBulkhead("payment");
    ProcessLimits limits =
        ProcessLimits.defaults().withCpus(2).withMemoryBytes(4L << 30).withPids(OptionalInt.of(64));
    // end
    assumeTrue(canBound(limits), "needs control groups that this process may make");
    // guide
    BoundedProcess process = bulkhead.launch(new ProcessBuilder("sh", "-c", "exit 3"), limits);
    ProcessEnd end = process.end().toCompletableFuture().get();
    // end
    assertThat(end).isEqualTo(new ProcessEnd(3, 0));
  }

  private static boolean canBound(ProcessLimits limits) throws Exception {
    try {
      new ProcessBulkhead("probe")
          .launch(new ProcessBuilder("true"), limits)
          .end()
          .toCompletableFuture()
          .get();
      return true;
    } catch (IOException e) {
      System.out.println("processes cannot be bounded here: " + e.getMessage());
      return false;
    }
  }

  @Test
  void rateLimits() throws Exception {
    // guide
    var bucket = new RateLimiter("search", RateLimitSettings.defaults());
    var contract =
        new RateLimiter(
            "partner",
            new RateLimitSettings(1_000, Duration.ofMinutes(1), RateLimitAlgorithm.SLIDING_WINDOW));
    var printer =
        new RateLimiter(
            "printer",
            new RateLimitSettings(5, Duration.ofSeconds(1), RateLimitAlgorithm.LEAKY_BUCKET));

    Receipt receipt = bucket.call(() -> bank.charge(order));
    boolean mayPrint = printer.acquire(Duration.ofMillis(400)); // waits for its turn
    // end
    assertThat(receipt.status()).isEqualTo("paid 17");
    assertThat(mayPrint).isTrue();
    assertThat(contract.available()).isEqualTo(1_000);
  }

  @Test
  void rejectionThatSaysWhen() throws Exception {
    var limiter =
        new RateLimiter("search", RateLimitSettings.defaults().withLimit(1), new ManualTicker());
    limiter.call(() -> bank.charge(order));
    Map<String, String> answer = new HashMap<>();
    // guide
    try {
      limiter.call(() -> bank.charge(order));
    } catch (RateLimitedException e) {
      long seconds = Math.ceilDiv(e.retryAfter().toMillis(), 1_000);
      answer.put("retry-after", String.valueOf(seconds)); // beside status 429
    }
    // end
    assertThat(answer).containsEntry("retry-after", "1");
  }

  @Test
  void adaptiveLimit() throws Exception {
    // guide
    var limit = new AdaptiveLimit("bank", AdaptiveLimitSettings.defaults());

    Receipt receipt = limit.call(() -> bank.charge(order));
    // end
    assertThat(receipt.status()).isEqualTo("paid 17");
    assertThat(limit.limit()).isEqualTo(20);
    bank.failures.add(new SocketTimeoutException("late"));
    assertThatThrownBy(() -> limit.call(() -> bank.charge(order)))
        .isInstanceOf(SocketTimeoutException.class);
    assertThat(limit.snapshot().droppedCalls()).isEqualTo(1);
  }

  @Test
  void loadShedder() throws Exception {
    // guide
    var limit = new AdaptiveLimit("shop", AdaptiveLimitSettings.defaults());
    var shedder = new LoadShedder("shop", LoadShedderSettings.defaults(), limit);

    Receipt receipt = shedder.call(Priority.CRITICAL, () -> bank.charge(order));
    // end
    assertThat(receipt.status()).isEqualTo("paid 17");
    for (int call = 0; call < 12; call++) {
      assertThat(limit.tryAcquire()).isNotNegative();
    }
    assertThatThrownBy(() -> shedder.call(Priority.SHEDDABLE, () -> bank.charge(order)))
        .isInstanceOfSatisfying(
            LoadShedException.class, e -> assertThat(e.priority()).isEqualTo(Priority.SHEDDABLE));
    assertThat(shedder.call(Priority.CRITICAL, () -> bank.charge(order))).isEqualTo(receipt);
  }

  @Test
  void cache() throws Exception {
    // guide
    CallCache<String, Receipt> receipts =
        new CallCache<>("receipts", CallCacheSettings.defaults().withMaxEntries(10_000));

    Receipt first = receipts.get(order.id(), () -> bank.charge(order));
    Receipt again = receipts.get(order.id(), () -> bank.charge(order)); // no call
    // end
    assertThat(again).isSameAs(first);
    assertThat(bank.asked).isEqualTo(1);
  }

  @Test
  void fallbacks() throws Exception {
    Map<String, byte[]> stored = new LinkedHashMap<>();
    LaterQueue queue = stored::putIfAbsent;
    // guide
    Fallback<Receipt> guest = Fallback.value(new Receipt("guest"));
    Fallback<Receipt> cached = Fallback.lastGood(Duration.ofMinutes(5));
    Fallback<Receipt> other = Fallback.call(() -> new Receipt("by e-mail"));
    Fallback<Receipt> queued = Fallback.later(queue, order.id(), order::bytes, PENDING);

    Fallback<Receipt> all = cached.or(other).or(guest);
    Fallback<Receipt> onlyIfOpen = queued.when(e -> e instanceof CircuitOpenException);
    // end
    Pipeline<Receipt> pipeline = Pipeline.<Receipt>named("payment").build();
    bank.failures.addAll(List.of(new IOException("1"), new IOException("2"), new IOException("3")));
    assertThat(pipeline.call(() -> bank.charge(order), all)).isEqualTo(new Receipt("by e-mail"));
    assertThat(pipeline.call(() -> bank.charge(order), queued)).isEqualTo(PENDING);
    assertThat(stored).containsOnlyKeys("17");
    assertThatThrownBy(() -> pipeline.call(() -> bank.charge(order), onlyIfOpen)).hasMessage("3");
  }

  @Test
  void breakerForEachHost() throws Exception {
    // guide
    var shared = new CircuitBreaker("other hosts", CircuitBreakerSettings.defaults());
    PerKey<String, CircuitBreaker> breakers =
        new PerKey<>(
            1_000, host -> new CircuitBreaker(host, CircuitBreakerSettings.defaults()), shared);

    Receipt receipt = breakers.get("bank-1:8443").call(() -> bank.charge(order));
    // end
    assertThat(receipt.status()).isEqualTo("paid 17");
    assertThat(breakers.size()).isEqualTo(1);
  }

  @Test
  void limitForEachTenant() throws Exception {
    // guide
    RateLimitSettings each = RateLimitSettings.defaults().withLimit(10);
    PerKey<String, RateLimiter> tenants =
        new PerKey<>(100_000, tenant -> new RateLimiter(tenant, each), new RateLimiter("*", each));

    Receipt receipt = tenants.get(order.tenant()).call(() -> bank.charge(order));
    tenants.forEach((tenant, limiter) -> limiter.reconfigure(each.withLimit(20)));
    // end
    assertThat(receipt.status()).isEqualTo("paid 17");
    assertThat(tenants.get("shop-a").settings().limit()).isEqualTo(20);
  }

  @Test
  void events() throws Exception {
    BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    // guide
    var events = new PolicyEvents(1_000);
    Pipeline<Receipt> payment =
        Pipeline.<Receipt>named("payment")
            .events(events) // before the breakers that shall tell
            .circuitBreaker(CircuitBreakerSettings.defaults())
            .build();

    PolicyEvents.Subscription reader =
        events.subscribe(
            event -> {
              switch (event) {
                case CircuitTransition(var name, var from, var to, var sequence) ->
                    lines.add("%s: %s -> %s, %d".formatted(name, from, to, sequence));
              }
            });
    // end
    payment.policy(CircuitBreaker.class).orElseThrow().transitionTo(CircuitState.OPEN);
    assertThat(lines.poll(30, TimeUnit.SECONDS)).isEqualTo("payment: CLOSED -> OPEN, 1");
    reader.close();
  }

  @Test
  void rejections() throws Exception {
    Map<String, Integer> counts = new HashMap<>();
    Pipeline<Receipt> payment =
        Pipeline.<Receipt>named("payment")
            .rateLimit(RateLimitSettings.defaults().withLimit(1))
            .build();
    payment.call(() -> bank.charge(order));
    Receipt receipt;
    // guide
    try {
      receipt = payment.call(() -> bank.charge(order));
    } catch (RejectedCallException e) {
      counts.merge(e.reason(), 1, Integer::sum); // the call was not made
      receipt = PENDING;
    } catch (CallTimeoutException e) {
      receipt = PENDING; // the call was made and may have had its effect
    }
    // end
    assertThat(receipt).isEqualTo(PENDING);
    assertThat(counts).containsEntry("rate-limited", 1);
  }
}
