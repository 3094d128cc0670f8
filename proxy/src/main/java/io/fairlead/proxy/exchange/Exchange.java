package io.fairlead.proxy.exchange;

import io.fairlead.proxy.http1.BodyReader;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.Method;
import io.fairlead.proxy.loop.Input;
import io.fairlead.proxy.loop.Loop;
import io.fairlead.resilience.Retry;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * One request and its answer. It leads the request through the layers of its stack, makes the
 * attempts at an upstream, and sees to it that the client gets exactly one answer and each layer
 * exactly one {@code end}, whatever fails and in whichever order.
 *
 * <p>A life goes like this. {@link #begin}: every {@link Layer} passes the request, one of them
 * chooses the {@link Target}, and the head that goes on is assembled with what came of the body.
 * Then an {@link Attempt}: its layers pass it, the upstream finds a connection, the octets are
 * sent, and the rest of the body is pulled as fast as the connection takes it. Until the head of an
 * answer has gone back ({@code committed}) a failure may lead to another attempt with the same
 * octets, or to a reply of the proxy; afterwards only to an abort, which the client can tell from
 * an end. Both directions flow at the same time, so an answer may end before its request.
 *
 * <p>It stays on the configuration that it started with, since its stack and target are fixed. It
 * belongs to one loop; nothing here is thread-safe.
 */
public final class Exchange {

  private final Loop loop;
  private final Downstream downstream;
  private final Stack stack;
  private final Peer peer;
  private final Method method;
  private final Upload upload;
  private final long startNanos;
  private final Passage passage;
  private final Tries tries;
  private @Nullable MatchedRoute route;
  private @Nullable Target target;
  private @Nullable Affinity affinity;
  private @Nullable Trace trace;
  private long activeNanos;
  private boolean committed;
  private boolean ended;
  private boolean aborted;
  private int status;
  private @Nullable Reason reason;
  private long endNanos;

  /**
   * @param requestBody started with the framing of this request
   * @param maxReplayBytes octets of a request that are kept for another attempt
   * @param method of the request
   */
  public Exchange(
      Loop loop,
      Downstream downstream,
      Stack stack,
      Peer peer,
      BodyReader requestBody,
      int maxReplayBytes,
      Method method) {
    this.loop = loop;
    this.downstream = downstream;
    this.stack = stack;
    this.peer = peer;
    this.method = method;
    passage = new Passage(this, requestBody);
    tries = new Tries(this, stack.attemptLayers);
    upload = new Upload(this, requestBody, maxReplayBytes);
    startNanos = loop.nanos();
    activeNanos = startNanos;
  }

  /**
   * Leads the request to its first attempt.
   *
   * @param headLength octets of the head at the start of the input; 0 if it came otherwise
   */
  public void begin(Head head, Input input, int headLength) {
    passage.begin(head, input, headLength);
  }

  /**
   * Has a request that waits go on from the layer that let it wait. In a task of its own, since the
   * loop's writer is used for it.
   */
  public void goOn() {
    passage.goOn();
  }

  /** Makes the first attempt with octets that belong to the exchange from now on. */
  void send(ByteBuf opening) {
    upload.open(opening);
    Retry retry = target().retry();
    if (retry != null) {
      retry.started();
    }
    tries.make(0);
  }

  /** Whether the request may be sent a second time while its first answer is waited for. */
  boolean mayHedge() {
    return !committed && method.isIdempotent() && upload.isWhole() && upload.isComplete();
  }

  // What the client's side tells

  /** Whether the next octets of the request's body can go on. */
  public boolean wantsBody() {
    UpstreamStream stream = tries.stream();
    return stream != null && stream.isWritable();
  }

  /** Sends what the input has of the request's body on; takes it from the input. */
  public void body(Input input) {
    UpstreamStream stream = tries.stream();
    if (stream == null) {
      throw new IllegalStateException("the request's body has nowhere to go");
    }
    activeNanos = loop.nanos();
    LocalReply refusal = upload.take(input, stream);
    if (refusal != null) {
      refuseBody(refusal);
    } else if (upload.isComplete()) {
      tries.requestComplete();
    }
  }

  private void refuseBody(LocalReply answer) {
    tries.finishAll(Failure.CANCELLED);
    if (committed) {
      reason = answer.reason();
      abort();
    } else {
      reply(answer);
    }
  }

  /** The client takes more octets again. */
  public void downstreamWritable() {
    activeNanos = loop.nanos();
    UpstreamStream stream = tries.stream();
    if (stream != null) {
      stream.resume();
    }
  }

  /** The client has gone; nothing is told to it any more. */
  public void cancel() {
    if (ended) {
      return;
    }
    aborted = true;
    tries.finishAll(Failure.CANCELLED);
    end();
  }

  /** When {@link #checkTime} must be called next, by the loop's clock. */
  public long dueNanos() {
    return target == null
        ? Long.MAX_VALUE
        : Math.min(upload.dueNanos(), target.timeouts().dueNanos(startNanos, activeNanos));
  }

  /** Ends the exchange if one of its timeouts has passed. */
  public void checkTime() {
    if (ended || target == null || dueNanos() - loop.nanos() > 0) {
      return;
    }
    if (upload.dueNanos() - loop.nanos() <= 0) {
      LocalReply tooSlow = upload.pace();
      if (tooSlow != null) {
        refuseBody(tooSlow);
      }
      return;
    }
    tries.finishAll(Failure.TIMEOUT);
    if (committed) {
      reason = Reason.TIMEOUT;
      abort();
    } else {
      reply(
          LocalReply.of(Reason.TIMEOUT, "no answer from " + target.upstream().name() + " in time"));
    }
  }

  // What the upstream's side tells, by way of the present attempt

  void connected(Attempt from, UpstreamStream stream) {
    upload.sendTo(stream);
    if (upload.isComplete()) {
      from.requestComplete();
    } else {
      downstream.resume();
    }
  }

  void upstreamWritable() {
    activeNanos = loop.nanos();
    downstream.resume();
  }

  void informational(Head head, Input input, int headLength) {
    activeNanos = loop.nanos();
    downstream.informational(head, input, headLength);
  }

  boolean answer(
      Attempt from, Head head, Input input, int headLength, int follow, BodyReader body) {
    activeNanos = from.answeredNanos();
    if (head.status() >= 500 && tries.hasOther(from)) {
      tries.finish(from, null);
      return false;
    }
    if (head.status() >= 400 && upload.isWhole()) {
      long wait = Repetition.afterAnswer(target(), tries.count() - 1, head);
      if (wait != Retry.STOP) {
        tries.finishAll(Failure.CANCELLED, from);
        tries.make(wait);
        return false;
      }
    }
    tries.take(from);
    committed = true;
    status = head.status();
    upload.forget();
    loop.writer().begin();
    passage.answer(head);
    downstream.answer(head, input, headLength, follow, body);
    pauseIfFull();
    return true;
  }

  void answerBody(Input input, int count) {
    activeNanos = loop.nanos();
    downstream.answerBody(input, count);
    pauseIfFull();
  }

  private void pauseIfFull() {
    UpstreamStream stream = tries.stream();
    if (stream != null && !downstream.isWritable()) {
      stream.pause();
    }
  }

  void answered(Attempt from) {
    tries.finish(from, null);
    end();
    downstream.ended();
  }

  void failed(Attempt from, Failure why, String detail) {
    tries.finish(from, why);
    if (tries.isUnderWay()) {
      return;
    }
    if (committed) {
      reason = why.reason();
      abort();
      return;
    }
    long wait = upload.isWhole() ? Repetition.afterFailure(from, why) : Retry.STOP;
    if (wait != Retry.STOP) {
      tries.make(wait);
    } else {
      reply(LocalReply.of(why.reason(), detail));
    }
  }

  // The end

  void reply(LocalReply answer) {
    committed = true;
    status = answer.status();
    reason = answer.reason();
    downstream.reply(answer);
    end();
    downstream.ended();
  }

  private void abort() {
    aborted = true;
    end();
    downstream.abort();
  }

  private void end() {
    ended = true;
    endNanos = loop.nanos();
    upload.close();
    tries.stop();
    passage.end();
  }

  // What layers ask

  public Loop loop() {
    return loop;
  }

  public Stack stack() {
    return stack;
  }

  public Peer peer() {
    return peer;
  }

  public Method method() {
    return method;
  }

  public long startNanos() {
    return startNanos;
  }

  /** When it ended; means something in {@link Layer#end}. */
  public long endNanos() {
    return endNanos;
  }

  /** The route that the request takes; a routing layer must have found it. */
  public MatchedRoute route() {
    MatchedRoute found = route;
    if (found == null) {
      throw new IllegalStateException("no layer of " + stack.listener() + " found a route");
    }
    return found;
  }

  /** The route that the request takes, or null before routing and without one. */
  public @Nullable MatchedRoute routeOrNull() {
    return route;
  }

  /** Says which route the request takes. */
  public void route(MatchedRoute found) {
    route = found;
  }

  /** Where the request goes; a routing layer must have chosen it. */
  public Target target() {
    Target chosen = target;
    if (chosen == null) {
      throw new IllegalStateException("no layer of " + stack.listener() + " chose a target");
    }
    return chosen;
  }

  /** Where the request goes, or null before routing and after a reply without a route. */
  public @Nullable Target targetOrNull() {
    return target;
  }

  /** Chooses where the request with this head goes. */
  public void target(Target chosen, Head head) {
    target = chosen;
    affinity = chosen.affinity() == null ? null : chosen.affinity().of(this, head);
  }

  /** Chooses where a copy of a request goes, which nothing ties to one endpoint. */
  void target(Target chosen) {
    target = chosen;
  }

  /** What ties the request to one endpoint of its target, or null. */
  public @Nullable Affinity affinity() {
    return affinity;
  }

  /** Has a copy of the request go to this target too, once the request is whole. */
  public void mirror(Target copy) {
    upload.mirror(copy);
  }

  /** Where the request stands among the layers, and what they keep of it. */
  public Passage passage() {
    return passage;
  }

  /** What the request's spans need, or null if it is not recorded. */
  public @Nullable Trace trace() {
    return trace;
  }

  /** Has the request recorded. */
  public void trace(Trace recorded) {
    trace = recorded;
  }

  /** Changes octets that a layer added to the head at this place, for the next attempt. */
  public void overwriteAdded(int at, byte[] octets) {
    upload.overwrite(passage.addedFrom() + at, octets);
  }

  /** Attempts made so far. */
  public int attempts() {
    return tries.count();
  }

  /** Status of the answer that went to the client; 0 if none did. */
  public int status() {
    return status;
  }

  /** Why the proxy answered itself or gave up, or null. */
  public @Nullable Reason reason() {
    return reason;
  }

  /** Whether the answer was not completed, by the client's or the upstream's fault. */
  public boolean isAborted() {
    return aborted;
  }

  /** The request has gone on after a wait. */
  void resumed() {
    if (!ended) {
      downstream.due();
    }
  }

  Tries tries() {
    return tries;
  }

  Upload upload() {
    return upload;
  }

  /** Whether the whole request can be sent once more. */
  boolean isReplayable() {
    return upload.isWhole();
  }

  boolean isRequestComplete() {
    return upload.isComplete();
  }
}
