package io.fairlead.proxy.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.proxy.http1.Http1Limits;
import io.fairlead.proxy.overload.MemoryGauge;
import io.fairlead.proxy.overload.Overload;
import io.fairlead.proxy.overload.OverloadSettings;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LazyTimerTest {
  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final AtomicInteger fired = new AtomicInteger();
  private long nanos;
  private final Loop loop =
      new Loop(
          0,
          channel.eventLoop(),
          UnpooledByteBufAllocator.DEFAULT,
          () -> nanos,
          Http1Limits.defaults(),
          new MemoryGauge(new Overload(OverloadSettings.defaults(), () -> 0), 1));
  private final LazyTimer timer = new LazyTimer(loop, fired::incrementAndGet);

  LazyTimerTest() {
    channel.freezeTime();
  }

  @Test
  void firesOnceWhenItIsDue() {
    timer.set(100);
    advance(99);
    assertThat(fired).hasValue(0);
    advance(1);
    assertThat(fired).hasValue(1);
    advance(1_000);
    assertThat(fired).hasValue(1);
  }

  @Test
  void movesLaterWithoutFiringBetween() {
    timer.set(100);
    advance(50);
    timer.set(200);
    advance(100);
    assertThat(fired).hasValue(0);
    advance(50);
    assertThat(fired).hasValue(1);
  }

  @Test
  void movesEarlier() {
    timer.set(1_000);
    advance(10);
    timer.set(20);
    advance(10);
    assertThat(fired).hasValue(1);
    advance(2_000);
    assertThat(fired).hasValue(1);
  }

  @Test
  void clearedTimerStaysSilentAndCanBeSetAgain() {
    timer.set(100);
    timer.clear();
    advance(150);
    assertThat(fired).hasValue(0);
    timer.set(200);
    advance(50);
    assertThat(fired).hasValue(1);
    timer.set(300);
    timer.close();
    advance(500);
    assertThat(fired).hasValue(1);
  }

  private void advance(long step) {
    nanos += step;
    channel.advanceTimeBy(step, TimeUnit.NANOSECONDS);
    channel.runScheduledPendingTasks();
  }
}
