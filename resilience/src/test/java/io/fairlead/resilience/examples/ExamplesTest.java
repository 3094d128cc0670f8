package io.fairlead.resilience.examples;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.fairlead.resilience.AdaptiveLimit;
import io.fairlead.resilience.AdaptiveLimitSettings;
import io.fairlead.resilience.BoundedProcess;
import io.fairlead.resilience.Bulkhead;
import io.fairlead.resilience.BulkheadFullException;
import io.fairlead.resilience.BulkheadSettings;
import io.fairlead.resilience.CallCache;
import io.fairlead.resilience.CallCacheSettings;
import io.fairlead.resilience.CallTimeoutException;
import io.fairlead.resilience.CircuitBreaker;
import io.fairlead.resilience.CircuitBreakerSettings;
import io.fairlead.resilience.CircuitOpenException;
import io.fairlead.resilience.CircuitState;
import io.fairlead.resilience.CircuitTransition;
import io.fairlead.resilience.Deadline;
import io.fairlead.resilience.Fallback;
import io.fairlead.resilience.Hedge;
import io.fairlead.resilience.HedgeSettings;
import io.fairlead.resilience.LaterQueue;
import io.fairlead.resilience.LoadShedException;
import io.fairlead.resilience.LoadShedder;
import io.fairlead.resilience.LoadShedderSettings;
import io.fairlead.resilience.PerKey;
import io.fairlead.resilience.Pipeline;
import io.fairlead.resilience.PolicyEvents;
import io.fairlead.resilience.PolicyFigure;
import io.fairlead.resilience.Priority;
import io.fairlead.resilience.ProcessBulkhead;
import io.fairlead.resilience.ProcessLimits;
import io.fairlead.resilience.RateLimitAlgorithm;
import io.fairlead.resilience.RateLimitSettings;
import io.fairlead.resilience.RateLimitedException;
import io.fairlead.resilience.RateLimiter;
import io.fairlead.resilience.Retry;
import io.fairlead.resilience.RetryOn;
import io.fairlead.resilience.RetrySettings;
import io.fairlead.resilience.ThreadPoolBulkhead;
import io.fairlead.resilience.ThreadPoolBulkheadSettings;
import io.fairlead.resilience.Ticker;
import io.fairlead.resilience.Timeout;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * One example for each policy, from outside its package as an application uses it. Documents quote
 * what stands here, and the last test finds a quotation that does not.
 */
class ExamplesTest {
  private record Order(String id) {}

  private record Receipt(String status) {
    static final Receipt PENDING = new Receipt("pending");
  }

  /** The side that is called. */
  private static class Bank {
    final AtomicInteger calls = new AtomicInteger();
    boolean down;

    Receipt charge(Order order) throws IOException {
      calls.incrementAndGet();
      if (down) {
        throw new ConnectException("bank is down");
      }
      return new Receipt("charged " + order.id());
    }

    CompletableFuture<Receipt> chargeAsync(Order order) {
      calls.incrementAndGet();
      return CompletableFuture.completedFuture(new Receipt("charged " + order.id()));
    }
  }

  private final Bank bank = new Bank();
  private final Order order = new Order("o-1");

  @Test
  void pipeline() throws Exception {
    Pipeline<Receipt> payment =
        Pipeline.<Receipt>named("payment")
            .fallback(Fallback.value(Receipt.PENDING))
            .deadline(Duration.ofSeconds(3))
            .retry(RetrySettings.defaults().withMaxRetries(1))
            .circuitBreaker(CircuitBreakerSettings.defaults())
            .bulkhead(BulkheadSettings.defaults().withMaxConcurrentCalls(5))
            .timeout(Duration.ofSeconds(2))
            .build();
    Receipt receipt = payment.call(() -> bank.charge(order));

    assertThat(receipt.status()).isEqualTo("charged o-1");
    bank.down = true;
    assertThat(payment.call(() -> bank.charge(order))).isEqualTo(Receipt.PENDING);
    assertThat(bank.calls).hasValue(3);
  }

  @Test
  void asynchronousPipeline() {
    Pipeline<Receipt> payment =
        Pipeline.<Receipt>named("payment").timeout(Duration.ofSeconds(2)).build();
    CompletableFuture<Receipt> receipt =
        payment.callAsync(() -> bank.chargeAsync(order)).toCompletableFuture();

    assertThat(receipt).isCompletedWithValue(new Receipt("charged o-1"));
  }

  @Test
  void circuitBreaker() throws Exception {
    var breaker =
        new CircuitBreaker("bank", CircuitBreakerSettings.defaults().withMinimumNumberOfCalls(2));
    Receipt receipt = breaker.call(() -> bank.charge(order));

    bank.down = true;
    assertThatThrownBy(() -> breaker.call(() -> bank.charge(order)))
        .isInstanceOf(ConnectException.class);
    assertThatThrownBy(() -> breaker.call(() -> bank.charge(order)))
        .isInstanceOf(CircuitOpenException.class);
    assertThat(receipt.status()).startsWith("charged");
    assertThat(breaker.state()).isEqualTo(CircuitState.OPEN);
  }

  @Test
  void circuitBreakerByPermit() {
    var breaker = new CircuitBreaker("bank", CircuitBreakerSettings.defaults());
    long permit = breaker.tryAcquire();
    if (permit >= 0) {
      long start = System.nanoTime();
      bank.chargeAsync(order)
          .whenComplete(
              (receipt, failure) -> {
                long elapsed = System.nanoTime() - start;
                if (failure == null) {
                  breaker.success(permit, elapsed);
                } else {
                  breaker.failure(permit, elapsed);
                }
              });
    }

    assertThat(breaker.snapshot().calls()).isEqualTo(1);
  }

  @Test
  void retry() throws Exception {
    var retry = new Retry("bank", RetrySettings.defaults());
    Receipt receipt = retry.call(() -> bank.charge(order));

    assertThat(receipt.status()).startsWith("charged");
    // Where the tries are made elsewhere, the retry is only asked.
    assertThat(retry.nextWaitAfterStatus(0, 404)).isEqualTo(Retry.STOP);
    assertThat(retry.nextWait(0, RetryOn.CONNECT_FAILURE)).isBetween(100_000_000L, 150_000_000L);
  }

  @Test
  void timeout() throws Exception {
    var timeout = new Timeout("bank", Duration.ofMillis(1));
    var never = new CountDownLatch(1);
    assertThatThrownBy(
            () ->
                timeout.call(
                    () -> {
                      never.await();
                      return "too late";
                    }))
        .isInstanceOf(CallTimeoutException.class);
    timeout.reconfigure(Duration.ofSeconds(20));
    Receipt receipt = timeout.call(() -> bank.charge(order));

    assertThat(receipt.status()).startsWith("charged");
  }

  @Test
  void deadline() throws Exception {
    var deadline = Deadline.after(Duration.ofSeconds(3));
    String left =
        deadline.call(
            () -> Deadline.current().orElseThrow().toEnvoyTimeout()); // a header of the next call

    assertThat(Long.parseLong(left)).isBetween(0L, 3_000L);
  }

  @Test
  void bulkhead() throws Exception {
    var bulkhead = new Bulkhead("bank", BulkheadSettings.defaults().withMaxConcurrentCalls(1));
    Receipt receipt =
        bulkhead.call(
            () -> {
              assertThatThrownBy(() -> bulkhead.call(() -> bank.charge(order)))
                  .isInstanceOf(BulkheadFullException.class);
              return bank.charge(order);
            });

    assertThat(receipt.status()).startsWith("charged");
    assertThat(bulkhead.snapshot().rejectedCalls()).isEqualTo(1);
  }

  @Test
  void threadPoolBulkhead() throws Exception {
    var pool = new ThreadPoolBulkhead("bank", ThreadPoolBulkheadSettings.defaults());
    Receipt receipt = pool.call(() -> bank.charge(order));
    pool.close(); // when the application ends

    assertThat(receipt.status()).startsWith("charged");
    assertThat(pool.snapshot().startedCalls()).isEqualTo(1);
  }

  @Test
  void processBulkhead() throws Exception {
    var processes = new ProcessBulkhead("payment");
    var limits = new ProcessLimits(2, 4_000_000_000L, OptionalInt.empty());
    var launched = launched(processes, limits);
    assumeThat(launched).as("control groups that may be written").isNotEmpty();
    assertThat(launched.getFirst().end().toCompletableFuture().get(20, SECONDS).exitValue())
        .isZero();
  }

  private static List<BoundedProcess> launched(ProcessBulkhead processes, ProcessLimits limits) {
    try {
      BoundedProcess process = processes.launch(new ProcessBuilder("true"), limits);
      return List.of(process);
    } catch (IOException noControlGroups) {
      return List.of();
    }
  }

  @Test
  void rateLimiter() throws Exception {
    var settings =
        new RateLimitSettings(100, Duration.ofSeconds(1), RateLimitAlgorithm.SLIDING_WINDOW);
    var limiter = new RateLimiter("bank", settings);
    Receipt receipt = limiter.call(() -> bank.charge(order));

    assertThat(receipt.status()).startsWith("charged");
    limiter.reconfigure(settings.withLimit(1).withPeriod(Duration.ofHours(1)));
    assertThatThrownBy(() -> limiter.call(() -> bank.charge(order)))
        .isInstanceOf(RateLimitedException.class);
    assertThat(limiter.acquire(Duration.ZERO)).isFalse();
  }

  @Test
  void adaptiveLimit() throws Exception {
    var limit = new AdaptiveLimit("bank", AdaptiveLimitSettings.defaults());
    Receipt receipt = limit.call(() -> bank.charge(order));

    assertThat(receipt.status()).startsWith("charged");
    assertThat(limit.limit()).isPositive();
  }

  @Test
  void loadShedder() throws Exception {
    var shedder = LoadShedder.fixed("bank", LoadShedderSettings.defaults(), 2);
    Receipt receipt =
        shedder.call(
            Priority.CRITICAL,
            () -> {
              assertThatThrownBy(() -> shedder.call(Priority.SHEDDABLE, () -> bank.charge(order)))
                  .isInstanceOf(LoadShedException.class);
              return bank.charge(order);
            });

    assertThat(receipt.status()).startsWith("charged");
  }

  @Test
  void hedge() throws Exception {
    var hedge = new Hedge("bank", HedgeSettings.defaults());
    Receipt receipt = hedge.call(() -> bank.charge(order)); // must be safe to be made twice

    assertThat(receipt.status()).startsWith("charged");
    assertThat(hedge.snapshot().calls()).isEqualTo(1);
  }

  @Test
  void callCache() throws Exception {
    var receipts = new CallCache<String, Receipt>("receipts", CallCacheSettings.defaults());
    Receipt receipt = receipts.get(order.id(), () -> bank.charge(order));

    assertThat(receipts.get(order.id(), () -> bank.charge(order))).isSameAs(receipt);
    assertThat(bank.calls).hasValue(1);
  }

  @Test
  void fallbacks() throws Exception {
    Map<String, byte[]> outbox = new HashMap<>();
    LaterQueue queue = outbox::put;
    Pipeline<Receipt> payment = Pipeline.<Receipt>named("payment").build();
    bank.down = true;

    Fallback<Receipt> later =
        Fallback.later(
            queue, order.id(), () -> order.id().getBytes(StandardCharsets.UTF_8), Receipt.PENDING);
    Receipt receipt =
        payment.call(
            () -> bank.charge(order), Fallback.<Receipt>lastGood(Duration.ofMinutes(5)).or(later));

    assertThat(receipt).isEqualTo(Receipt.PENDING);
    assertThat(outbox).containsKey("o-1");
  }

  @Test
  void perKey() throws Exception {
    PerKey<String, CircuitBreaker> hosts =
        new PerKey<>(
            1_000,
            host -> new CircuitBreaker(host, CircuitBreakerSettings.defaults()),
            new CircuitBreaker("other hosts", CircuitBreakerSettings.defaults()));
    Receipt receipt = hosts.get("bank-1.example").call(() -> bank.charge(order));

    assertThat(receipt.status()).startsWith("charged");
    assertThat(hosts.size()).isEqualTo(1);
  }

  @Test
  void events() {
    var events = new PolicyEvents(1_000);
    var breaker =
        new CircuitBreaker("bank", CircuitBreakerSettings.defaults(), Ticker.coarse(), events);
    breaker.transitionTo(CircuitState.FORCED_OPEN);

    assertThat(events.poll())
        .isEqualTo(new CircuitTransition("bank", CircuitState.CLOSED, CircuitState.FORCED_OPEN, 1));
  }

  @Test
  void figures() {
    var bulkhead = new Bulkhead("bank", BulkheadSettings.defaults());
    for (PolicyFigure figure : PolicyFigure.of(List.of(bulkhead))) {
      assertThat(figure.name()).startsWith("bulkhead.");
      assertThat(figure.policy()).isEqualTo("bank");
    }
  }

  @Test
  void everyQuotationOfTheReadmeStandsHere() throws IOException {
    String here = words(Files.readString(source()));
    List<String> quoted = new ArrayList<>();
    var blocks = Pattern.compile("(?s)```java\n(.*?)```");
    blocks
        .matcher(Files.readString(Path.of("README.md")))
        .results()
        .forEach(block -> quoted.add(words(block.group(1))));
    assertThat(quoted).hasSizeGreaterThan(10).allSatisfy(block -> assertThat(here).contains(block));
  }

  private static Path source() {
    var name = ExamplesTest.class.getName().replace('.', '/') + ".java";
    return Path.of("src/test/java").resolve(name);
  }

  /** Without line breaks and indentation. */
  private static String words(String code) {
    return code.strip().replaceAll("\\s+", " ");
  }
}
