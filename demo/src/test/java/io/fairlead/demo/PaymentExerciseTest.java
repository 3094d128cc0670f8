package io.fairlead.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.config.Manifest;
import io.fairlead.config.Manifests;
import io.fairlead.demo.PaymentService.Answer;
import io.fairlead.demo.PaymentService.Order;
import io.fairlead.outbox.Outbox;
import io.fairlead.outbox.OutboxSettings;
import io.fairlead.outbox.Worker;
import io.fairlead.outbox.WorkerSettings;
import io.fairlead.resilience.Bulkhead;
import io.fairlead.resilience.CircuitBreaker;
import io.fairlead.resilience.CircuitState;
import io.fairlead.resilience.CircuitTransition;
import io.fairlead.resilience.PolicyEvents;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.resilience.Retry;
import io.fairlead.resilience.Ticker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The exercise of the guide with the settings that stand on its page, call by call: a simulated
 * bank on simulated time, all policies but the deadline, and a real outbox in a file.
 */
class PaymentExerciseTest {
  private static final Path PAGE = Path.of("..", "docs", "resilience", "payment-exercise.md");
  private static final Pattern YAML = Pattern.compile("(?s)```yaml\n(.*?)```");
  private static final Pattern TIMELINE =
      Pattern.compile("(?s)(?<=<!-- timeline -->\n).*(?=<!-- /timeline -->)");

  private static final Duration BETWEEN_CALLS = Duration.ofMillis(50);
  private static final Duration LAST_CALL = Duration.ofSeconds(75);
  private static final Duration END = Duration.ofSeconds(80);
  private static final int WORKERS = 5;

  /** Without chance, so that a run is the same each time. */
  private static final WorkerSettings WORKER =
      WorkerSettings.defaults().withRetry(WorkerSettings.defaults().retry().withJitter(0));

  @TempDir private Path folder;

  private final SimulatedTime time = new SimulatedTime();
  private final SimulatedBank bank = new SimulatedBank(time);
  private final PolicyEvents events = new PolicyEvents(100);
  private final Map<String, Answer> answers = new LinkedHashMap<>();
  private final List<Row> rows = new ArrayList<>();
  private final List<Row> unanswered = new ArrayList<>();
  private Duration longest = Duration.ZERO;

  /** A row of the timeline; the call that comes next completes it. */
  private static final class Row {
    final String start;
    String answer = "";

    Row(String start) {
      this.start = start;
    }
  }

  /** Run with -Dgolden.update=true to accept another timeline after looking at its difference. */
  @Test
  void timelineIsWhatHappensAndEachChargeTakesEffectOnce() throws Exception {
    var settings = declared();
    Ticker ticker = time::nanos;
    var breaker =
        new CircuitBreaker("bank", settings.circuitBreaker().orElseThrow(), ticker, events);
    var retry =
        new Retry(
            "bank",
            settings.retry().orElseThrow(),
            new Retry.Source(ticker, () -> 0.5, time::sleep));
    var bulkhead = new Bulkhead("bank", settings.bulkhead().orElseThrow(), ticker);
    var limit = settings.timeout().orElseThrow().request();
    var policies = new PaymentService.Policies(retry, breaker, bulkhead, limit, ticker);
    try (var outbox =
        Outbox.open(
            folder.resolve("charges.db"),
            OutboxSettings.defaults(),
            () -> Instant.EPOCH.plusNanos(time.nanos()))) {
      var service = new PaymentService(policies, outbox, bank);
      var world = new World(breaker, service, outbox);
      world.script();
      time.run(END, world::observe);
      assertExactlyOnce(service, outbox);
      assertThat(longest).isLessThanOrEqualTo(limit);
      assertThat(retry.retries()).isPositive();
    }
    assertTimeline();
  }

  /** What happens, and what is seen of it. */
  private final class World {
    private final CircuitBreaker breaker;
    private final PaymentService service;
    private final Outbox outbox;
    private final Worker worker;
    private int askedBefore;
    private CircuitState stateBefore = CircuitState.CLOSED;
    private long depthBefore;

    World(CircuitBreaker breaker, PaymentService service, Outbox outbox) {
      this.breaker = breaker;
      this.service = service;
      this.outbox = outbox;
      worker = outbox.worker("charges", WORKER, service::chargeLater);
    }

    void script() {
      int number = 0;
      for (var at = Duration.ZERO; at.compareTo(LAST_CALL) < 0; at = at.plus(BETWEEN_CALLS)) {
        var order = new Order(String.valueOf(++number));
        time.start(at, () -> call(order));
      }
      for (int i = 0; i < WORKERS; i++) {
        time.start(Duration.ofMillis(10 * i), this::work);
      }
      note(0, SimulatedBank.Mode.FINE, "All is well");
      note(10, SimulatedBank.Mode.SLOW, "The bank needs 2.5 s, for each tenth call 4 s");
      note(20, SimulatedBank.Mode.REFUSING, "The bank refuses connections");
      note(30, SimulatedBank.Mode.FINE, "The bank is well again");
      note(55, SimulatedBank.Mode.REFUSING, "The bank refuses connections");
      note(60, SimulatedBank.Mode.FINE, "The bank is well again");
    }

    private void note(int second, SimulatedBank.Mode mode, String what) {
      // Between two calls, so that the next one is clear.
      time.at(
          Duration.ofSeconds(second).minusMillis(second == 0 ? 0 : 1),
          () -> {
            bank.mode = mode;
            row(what);
          });
    }

    private void call(Order order) throws Exception {
      var mine = List.copyOf(unanswered);
      unanswered.clear();
      long start = time.nanos();
      var answer = service.charge(order);
      var took = Duration.ofNanos(time.nanos() - start);
      answers.put(order.id(), answer);
      longest = took.compareTo(longest) > 0 ? took : longest;
      var text = answer.toString().toLowerCase(Locale.ROOT);
      mine.forEach(row -> row.answer = text + (took.isZero() ? " at once" : " after " + s(took)));
    }

    private void work() throws Exception {
      while (true) {
        if (!worker.handleOne()) {
          time.sleep(WORKER.pollInterval().toNanos());
        }
      }
    }

    /** After each event: an open breaker has let nothing through, and what changed is a row. */
    void observe() {
      if (stateBefore == CircuitState.OPEN && breaker.state() == CircuitState.OPEN) {
        assertThat(bank.asked).isEqualTo(askedBefore);
      }
      askedBefore = bank.asked;
      stateBefore = breaker.state();
      for (var event = events.poll(); event != null; event = events.poll()) {
        switch (event) {
          case CircuitTransition transition -> row(text(transition));
        }
      }
      if (breaker.state() == CircuitState.CLOSED) {
        long depth = outbox.depth();
        if (depth == 0 && depthBefore > 0) {
          row("The worker has emptied the queue");
        }
        depthBefore = depth;
      }
    }

    private String text(CircuitTransition transition) {
      var now = breaker.snapshot();
      return switch (transition.to()) {
        case OPEN ->
            "It opens: %d of %d calls failed, %d were slow"
                .formatted(now.failures(), now.calls(), now.slowCalls());
        case HALF_OPEN -> "The wait is over, a call becomes a probe";
        case CLOSED -> "The probes have succeeded";
        case FORCED_OPEN, DISABLED, METRICS_ONLY -> throw new AssertionError(transition);
      };
    }

    private void row(String what) {
      var at = Duration.ofNanos(time.nanos());
      var row =
          new Row("| %s | %s | %s | %d |".formatted(s(at), what, breaker.state(), outbox.depth()));
      rows.add(row);
      unanswered.add(row);
    }
  }

  /** Also those that the bank booked too late for the caller, who was told that it is pending. */
  private void assertExactlyOnce(PaymentService service, Outbox outbox) {
    assertThat(answers).hasSize((int) LAST_CALL.dividedBy(BETWEEN_CALLS));
    var payable =
        answers.keySet().stream().filter(order -> !SimulatedBank.isDeclined(order)).toList();
    assertThat(bank.charged).containsExactlyInAnyOrderElementsOf(payable);
    assertThat(bank.repeated).as("asked again with the same key").isNotEmpty();
    var pending =
        answers.entrySet().stream()
            .filter(answer -> answer.getValue() == Answer.PENDING)
            .map(Map.Entry::getKey)
            .toList();
    assertThat(service.told.keySet()).containsExactlyInAnyOrderElementsOf(pending);
    assertThat(service.told).containsValue(Answer.DECLINED);
    assertThat(outbox.depth() + outbox.deadLetterCount()).isZero();
  }

  private void assertTimeline() throws IOException {
    var observed =
        new StringBuilder("| t | What happens | State | Queued | Who calls next gets |\n");
    observed.append("|---|---|---|---|---|\n");
    rows.forEach(row -> observed.append(row.start).append(' ').append(row.answer).append(" |\n"));
    var page = Files.readString(PAGE);
    if (Boolean.getBoolean("golden.update")) {
      page = TIMELINE.matcher(page).replaceFirst(Matcher.quoteReplacement(observed.toString()));
      Files.writeString(PAGE, page);
    }
    var written = TIMELINE.matcher(page);
    assertThat(written.find()).as("%s has the marks of the timeline", PAGE).isTrue();
    assertThat(written.group()).isEqualTo(observed.toString());
  }

  private static String s(Duration duration) {
    return String.format(Locale.ROOT, "%.2f s", duration.toNanos() / 1e9);
  }

  private static ResilienceSettings declared() throws IOException {
    var yaml = YAML.matcher(Files.readString(PAGE));
    assertThat(yaml.find()).as("%s has a YAML block", PAGE).isTrue();
    var manifests = Manifests.parse("exercise", yaml.group(1), Manifests.ReferencedFiles.NONE);
    assertThat(manifests.faults()).isEmpty();
    return ((Manifest.ResiliencePolicy) manifests.documents().getFirst()).settings();
  }

  /** The page says so to argue for its thresholds. */
  @Test
  void noiseOpensNothing() {
    assertThat(chanceOfHalfOfTen(0.001)).isLessThan(1e-12);
    assertThat(chanceOfHalfOfTen(0.05)).isBetween(1.0 / 20_000, 1.0 / 15_000);
  }

  /** That at least five of ten calls fail, each with this chance. */
  private static double chanceOfHalfOfTen(double each) {
    double chance = 0;
    double choices = 1;
    for (int failed = 0; failed <= 10; failed++) {
      if (failed >= 5) {
        chance += choices * Math.pow(each, failed) * Math.pow(1 - each, 10 - failed);
      }
      choices = choices * (10 - failed) / (failed + 1);
    }
    return chance;
  }
}
