package io.fairlead.proxy.exchange;

import io.fairlead.proxy.http1.BodyReader;
import io.fairlead.proxy.http1.Framing;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.Http1Limits;
import io.fairlead.proxy.http1.Method;
import io.fairlead.proxy.loop.Input;
import io.fairlead.proxy.loop.Loop;
import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * A request that a layer makes itself while one of its own waits, with an answer of bounded size.
 * The outcome is told once, in a task of its own on the loop, to which it belongs.
 */
public final class Subrequest implements Downstream {
  /** Octets of an answer's body that are kept. */
  static final int MAX_BODY = 8 << 10;

  private final Loop loop;
  private final Listener listener;
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private @Nullable Exchange exchange;
  private Loop.@Nullable Timer timer;
  private @Nullable Head answer;
  private @Nullable BodyReader unwrapper;
  private boolean over;

  /** Is told the outcome. */
  @FunctionalInterface
  public interface Listener {
    /**
     * The request is over.
     *
     * @param head of the answer, a copy; null without a whole answer
     * @param body the first octets of its body, without framing
     */
    void over(@Nullable Head head, byte[] body);
  }

  private Subrequest(Loop loop, Listener listener) {
    this.loop = loop;
    this.listener = listener;
  }

  /** What is known of a call of gRPC once it is over; null if it was given up. */
  @Nullable GrpcCode code() {
    return exchange == null ? null : exchange.code();
  }

  /**
   * Sends a request.
   *
   * @param forWhom the exchange that waits for it
   * @param whole its head, the empty line included, and its body
   */
  public static Subrequest send(
      Exchange forWhom, Target target, Method method, byte[] whole, Listener listener) {
    return send(forWhom, target, method, Kind.REQUEST, whole, listener);
  }

  /** Whether a status of gRPC tells how it went. */
  enum Kind {
    REQUEST,
    CALL
  }

  static Subrequest send(
      Exchange forWhom, Target target, Method method, Kind kind, byte[] whole, Listener listener) {
    Loop loop = forWhom.loop();
    Subrequest made = new Subrequest(loop, listener);
    BodyReader nothing = new BodyReader(Http1Limits.defaults());
    nothing.start(Framing.NONE, 0);
    Exchange exchange =
        new Exchange(
            loop, made, forWhom.stack().mirror(), forWhom.peer(), nothing, whole.length, method);
    if (kind == Kind.CALL) {
      exchange.asCall();
    }
    exchange.target(target);
    made.exchange = exchange;
    made.timer = loop.schedule(made::cancel, target.timeouts().requestNanos());
    ByteBuf octets = loop.allocator().ioBuffer(whole.length).writeBytes(whole);
    exchange.send(octets);
    return made;
  }

  /** Gives it up; the listener is told that there is no answer, unless it was told before. */
  public void cancel() {
    Exchange present = exchange;
    if (!over && present != null) {
      answer = null;
      present.cancel();
      finish();
    }
  }

  private void finish() {
    if (over) {
      return;
    }
    over = true;
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
    Head head = answer;
    loop.execute(() -> listener.over(head, body.toByteArray()));
  }

  @Override
  public boolean isWritable() {
    return true;
  }

  @Override
  public void due() {}

  @Override
  public void resume() {}

  @Override
  public void informational(Head head, Input input, int headLength) {
    input.skip(headLength);
  }

  @Override
  public void answer(Head head, Input input, int headLength, int follow, BodyReader reader) {
    answer = head.copy();
    if (reader.framing() == Framing.CHUNKED) {
      unwrapper = new BodyReader(Http1Limits.defaults());
      unwrapper.start(Framing.CHUNKED, 0);
    }
    input.skip(headLength);
    answerBody(input, follow);
  }

  @Override
  public void answerBody(Input input, int count) {
    ByteBuf octets = input.take(count);
    if (unwrapper == null) {
      keep(octets, octets.readerIndex(), octets.readableBytes());
    } else {
      unwrapper.read(octets, (index, length) -> keep(octets, index, length));
    }
    octets.release();
  }

  private void keep(ByteBuf octets, int index, int length) {
    int count = Math.min(length, MAX_BODY - body.size());
    for (int i = 0; i < count; i++) {
      body.write(octets.getByte(index + i));
    }
  }

  @Override
  public void reply(LocalReply reply) {
    answer = null;
  }

  @Override
  public void ended() {
    finish();
  }

  @Override
  public void abort() {
    answer = null;
    finish();
  }
}
