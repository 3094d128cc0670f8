package io.fairlead.proxy.downstream;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.loop.Loop;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A client that waits for 100 (Continue) before it sends the body of its request (RFC 9110 section
 * 10.1.1). The upstream decides; but one that knows nothing of the expectation waits for the body
 * while the client waits for it, so after a while the proxy lets the client go on. Belongs to its
 * connection.
 */
final class Continuation {
  /** As long as usual clients wait themselves. */
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final byte[] CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n".getBytes(US_ASCII);

  private final Loop loop;
  private final Consumer<ByteBuf> out;
  private Loop.@Nullable Timer timer;
  private boolean sent;

  Continuation(Loop loop, Consumer<ByteBuf> out) {
    this.loop = loop;
    this.out = out;
  }

  /** A request begins. */
  void begin(Head head) {
    end();
    sent = false;
    if (head.expectsContinue() && head.hasBody()) {
      timer = loop.schedule(this::goOn, PATIENCE_NANOS);
    }
  }

  private void goOn() {
    timer = null;
    sent = true;
    out.accept(Unpooled.wrappedBuffer(CONTINUE));
  }

  /** Whether the client still waits, as far as is known. */
  boolean isAwaited() {
    return timer != null;
  }

  /** Whether the upstream's 100 still has somebody who waits for it. */
  boolean passes(Head informational) {
    boolean late = sent && informational.status() == 100;
    if (informational.status() == 100) {
      end();
    }
    return !late;
  }

  /** The client waits no more: it sends its body, or has another answer. */
  void end() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }
}
