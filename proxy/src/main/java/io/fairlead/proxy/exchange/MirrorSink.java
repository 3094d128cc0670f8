package io.fairlead.proxy.exchange;

import io.fairlead.proxy.http1.BodyReader;
import io.fairlead.proxy.http1.Framing;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.Http1Limits;
import io.fairlead.proxy.loop.Input;
import io.fairlead.proxy.loop.Loop;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Nobody, who waits for the answer to a copy of a request for a bounded time. */
final class MirrorSink implements Downstream {
  /** Where the route gives its requests no bound. */
  private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(15);

  private Loop.@Nullable Timer timer;

  private MirrorSink() {}

  /** Sends a whole request, which belongs to the copy from now on. */
  static void send(Exchange original, Target target, ByteBuf request) {
    Loop loop = original.loop();
    // It comes with everything, so there is nothing to read.
    BodyReader nothing = new BodyReader(Http1Limits.defaults());
    nothing.start(Framing.NONE, 0);
    MirrorSink sink = new MirrorSink();
    Exchange copy =
        new Exchange(
            loop, sink, original.stack().mirror(), original.peer(), nothing, 0, original.method());
    copy.target(target);
    long bound = target.timeouts().requestNanos();
    sink.timer = loop.schedule(copy::cancel, bound == 0 ? LONGEST_NANOS : bound);
    copy.send(request);
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
  public void answer(Head head, Input input, int headLength, int follow, BodyReader body) {
    input.skip(headLength + follow);
  }

  @Override
  public void answerBody(Input input, int count) {
    input.skip(count);
  }

  @Override
  public void reply(LocalReply reply) {}

  @Override
  public void ended() {
    stop();
  }

  @Override
  public void abort() {
    stop();
  }

  private void stop() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }
}
