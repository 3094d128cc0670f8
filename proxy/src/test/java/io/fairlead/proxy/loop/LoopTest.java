package io.fairlead.proxy.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.proxy.http1.Http1Limits;
import io.fairlead.resilience.Ticker;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LoopTest {
  private final Loops loops = new Loops(1, Ticker.system(), Http1Limits.defaults());

  @AfterEach
  void stop() {
    loops.close();
  }

  /** Writes again within its first flushes, as a stream does that got room by them. */
  private static final class Writing extends ChannelOutboundHandlerAdapter {
    private final Loop loop;
    private int flushes;

    Writing(Loop loop) {
      this.loop = loop;
    }

    @Override
    public void flush(ChannelHandlerContext context) {
      flushes++;
      context.flush();
      if (flushes < 3) {
        loop.flushLater(context.channel());
      }
    }
  }

  @Test
  void whatIsWrittenWithinAFlushIsFlushedToo() {
    Loop loop = loops.all().getFirst();
    CompletableFuture<Integer> flushes = new CompletableFuture<>();
    loop.execute(
        () -> {
          Writing writing = new Writing(loop);
          EmbeddedChannel channel = new EmbeddedChannel(writing);
          loop.flushLater(channel);
          loop.flushLater(channel);
          loop.execute(() -> flushes.complete(writing.flushes));
        });
    assertThat(flushes).succeedsWithin(Duration.ofSeconds(5)).isEqualTo(3);
  }

  @Test
  void aTurnReadsTheClockOnceForWhatMayBeALittleOld() {
    var reads = new AtomicLong();
    try (var counted = new Loops(1, reads::incrementAndGet, Http1Limits.defaults())) {
      Loop loop = counted.all().getFirst();
      CompletableFuture<List<Long>> found = new CompletableFuture<>();
      List<Long> readings = new ArrayList<>();
      loop.execute(
          () -> {
            reads.set(0);
            readings.add(loop.recentNanos());
            readings.add(loop.recentNanos());
            loop.flushLater(new EmbeddedChannel());
            readings.add(loop.recentNanos());
            readings.add(loop.recentNanos());
            loop.execute(
                () -> {
                  readings.add(loop.recentNanos());
                  found.complete(readings);
                });
          });
      assertThat(found)
          .as("nothing marks the turn's end at first, and its flush ends it")
          .succeedsWithin(Duration.ofSeconds(5))
          .isEqualTo(List.of(1L, 2L, 3L, 3L, 4L));
    }
  }
}
