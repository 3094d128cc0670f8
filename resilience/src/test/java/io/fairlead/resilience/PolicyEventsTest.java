package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PolicyEventsTest {
  @Test
  void fullQueueDropsAndCounts() {
    var events = new PolicyEvents(2);
    for (int i = 1; i <= 5; i++) {
      events.publish(event(i));
    }
    assertThat(events.poll()).isEqualTo(event(1));
    assertThat(events.poll()).isEqualTo(event(2));
    assertThat(events.poll()).isNull();
    assertThat(events.dropped()).isEqualTo(3);
    assertThat(events).hasToString("policy events: 0 waiting, 3 dropped, 0 reads failed");
  }

  @Test
  void queueOfNobodyHoldsNothing() {
    PolicyEvents.none().publish(event(1));
    assertThat(PolicyEvents.none().poll()).isNull();
    assertThat(PolicyEvents.none().dropped()).isZero();
  }

  @Test
  void readerThatThrowsGetsTheNextEvent() throws Exception {
    var events = new PolicyEvents(10);
    BlockingQueue<PolicyEvent> read = new LinkedBlockingQueue<>();
    try (var subscription =
        events.subscribe(
            event -> {
              read.add(event);
              throw new AssertionError("reader");
            })) {
      events.publish(event(1));
      events.publish(event(2));
      assertThat(read.poll(30, TimeUnit.SECONDS)).isEqualTo(event(1));
      assertThat(read.poll(30, TimeUnit.SECONDS)).isEqualTo(event(2));
      await().until(() -> events.failedReads() == 2);
      assertThat(subscription).isNotNull();
    }
  }

  @Test
  void closedReaderEndsAlsoWhenItSwallowsItsInterrupt() throws Exception {
    var events = new PolicyEvents(10);
    BlockingQueue<Thread> reading = new LinkedBlockingQueue<>();
    PolicyEvents.Subscription subscription =
        events.subscribe(
            event -> {
              reading.add(Thread.currentThread());
              try {
                new CountDownLatch(1).await();
              } catch (InterruptedException swallowed) {
                throw new IllegalStateException(swallowed);
              }
            });
    events.publish(event(1));
    Thread reader = reading.take();
    subscription.close();
    assertThat(reader.join(Duration.ofSeconds(30))).isTrue();
    events.publish(event(2));
    assertThat(events.poll()).isEqualTo(event(2));
    subscription.close();
  }

  private static PolicyEvent event(long sequence) {
    return new CircuitTransition("bank", CircuitState.CLOSED, CircuitState.OPEN, sequence);
  }
}
