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

  private final MirrorTarget.Counter counter;
  private @Nullable Exchange copy;
  private Loop.@Nullable Timer timer;
  private @Nullable MirrorOutcome outcome;

  private MirrorSink(MirrorTarget.Counter counter) {
    this.counter = counter;
  }

  /** Sends a whole request, which belongs to the copy from now on. */
  static void send(Exchange original, MirrorTarget mirror, ByteBuf request) {
    Target target = mirror.target();
    Loop loop = original.loop();
    // It comes with everything, so there is nothing to read.
    BodyReader nothing = new BodyReader(Http1Limits.defaults());
    nothing.start(Framing.NONE, 0);
    MirrorSink sink = new MirrorSink(mirror.counter());
    Exchange copy =
        new Exchange(
            loop, sink, original.stack().mirror(), original.peer(), nothing, 0, original.method());
    copy.target(target);
    sink.copy = copy;
    long bound = target.timeouts().requestNanos();
    sink.timer = loop.schedule(sink::outOfTime, bound == 0 ? LONGEST_NANOS : bound);
    mirror.counter().begun(loop.index());
    copy.send(request);
  }

  private void outOfTime() {
    Exchange present = copy;
    if (present != null) {
      present.cancel();
      outcome = MirrorOutcome.TIMEOUT;
      stop();
    }
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
  public void reply(LocalReply reply) {
    outcome = MirrorOutcome.of(reply.reason());
  }

  @Override
  public void ended() {
    stop();
  }

  @Override
  public void abort() {
    abort(LocalReply.of(Reason.UPSTREAM_RESET, ""));
  }

  @Override
  public void abort(LocalReply why) {
    outcome = MirrorOutcome.of(why.reason());
    stop();
  }

  private void stop() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
    Exchange over = copy;
    if (over == null) {
      return;
    }
    copy = null;
    int loop = over.loop().index();
    Attempt last = over.lastAttempt();
    if (last != null && last.wasConnected()) {
      counter.sent(loop);
    }
    counter.over(loop, outcome == null ? MirrorOutcome.answered(over.status()) : outcome);
  }
}
