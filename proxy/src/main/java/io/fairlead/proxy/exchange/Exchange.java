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
public final class Exchange extends ExchangeState {
  private final Downstream downstream;
  private final Upload upload;
  private final Passage passage;
  private final Tries tries;
  private long activeNanos;
  private @Nullable Tunnel tunnel;
  private boolean committed;
  private boolean ended;

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
    super(loop, stack, peer, method);
    this.downstream = downstream;
    passage = new Passage(this, requestBody);
    tries = new Tries(this, stack.attemptLayers);
    upload = new Upload(this, requestBody, maxReplayBytes);
    activeNanos = startNanos;
  }

  /** Instead of {@link #begin}: it is over already, since its head is no request. */
  public void refused(LocalReply answer) {
    status = answer.status();
    reason = answer.reason();
    sent = answer.body().length();
    ended = true;
    endNanos = startNanos;
    for (ConnectionLayer layer : stack.connectionLayers) {
      layer.refused(this);
    }
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
    start();
  }

  /** Joins the client with an endpoint of the target without any request, and so any layer. */
  public void begin(Target chosen) {
    target = chosen;
    upgrade = Upgrade.RAW;
    passage.open();
    start();
  }

  void start() {
    Retry retry = target().retry();
    if (retry != null) {
      retry.started();
    }
    tries.make(0);
  }

  /** Whether the request may be sent a second time while its first answer is waited for. */
  boolean mayHedge() {
    return !committed
        && upgrade == Upgrade.NONE
        && method.isIdempotent()
        && upload.isWhole()
        && upload.isComplete();
  }

  // What the client's side tells

  /** Whether the next octets of the request's body can go on. */
  public boolean wantsBody() {
    UpstreamStream stream = tries.stream();
    return stream != null && stream.isWritable();
  }

  /** Whether more of the body should be read although it cannot go on yet. */
  public boolean gathers() {
    return passage.gathers();
  }

  /** Sends what the input has of the request's body on; takes it from the input. */
  public void body(Input input) {
    UpstreamStream stream = tries.stream();
    if (stream == null) {
      throw new IllegalStateException("the request's body has nowhere to go");
    }
    activeNanos = loop.recentNanos();
    int before = input.length();
    if (tunnel != null) {
      received += before;
      stream.send(input.take(before));
      return;
    }
    LocalReply refusal = upload.take(input, stream);
    received += before - input.length();
    if (refusal != null) {
      refuseBody(refusal);
    } else if (upload.isComplete()) {
      tries.requestComplete();
    }
  }

  private void refuseBody(LocalReply answer) {
    tries.finishAll(Failure.CANCELLED);
    fail(answer);
  }

  /** The client will send nothing more into the tunnel. */
  public void clientEnded() {
    Attempt attempt = tries.present();
    UpstreamStream stream = tries.stream();
    if (tunnel != null && attempt != null && stream != null && tunnel.endClient()) {
      activeNanos = loop.recentNanos();
      stream.endOutput();
      if (tunnel.isOver()) {
        endTunnel(attempt);
      }
    }
  }

  /** The client takes more octets again. */
  public void downstreamWritable() {
    activeNanos = loop.recentNanos();
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
    Attempt attempt = tries.present();
    if (tunnel != null && attempt != null && tunnel.isClientEnded()) {
      // It went as it should; what it sent last may still be on its way.
      close(attempt);
      return;
    }
    aborted = true;
    tries.finishAll(Failure.CANCELLED);
    end();
  }

  /** When {@link #checkTime} must be called next, by the loop's clock. */
  public long dueNanos() {
    if (target == null) {
      return Long.MAX_VALUE;
    }
    if (tunnel != null) {
      return target.timeouts().idleDueNanos(activeNanos);
    }
    long due = Math.min(upload.dueNanos(), target.timeouts().dueNanos(startNanos, activeNanos));
    return deadline == null ? due : Math.min(due, deadline.atNanos());
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
    if (target.timeouts().idleDueNanos(activeNanos) - loop.nanos() <= 0) {
      mark(ResponseFlag.STREAM_IDLE_TIMEOUT);
    }
    tries.finishAll(Failure.TIMEOUT);
    String from = target.upstream().name();
    fail(LocalReply.of(Reason.TIMEOUT, "no answer from " + from + " in time"));
  }

  // What the upstream's side tells, by way of the present attempt

  void connected(Attempt from, UpstreamStream stream) {
    if (upgrade == Upgrade.RAW) {
      from.tunnelled(200);
      stream.tunnel();
      enterTunnel(from, 200);
      downstream.tunnelled();
      return;
    }
    if (deadline != null) {
      overwriteAdded(deadline.place(), deadline.remaining(loop.nanos()));
    }
    upload.sendTo(stream);
    if (upload.isComplete()) {
      from.requestComplete();
    } else {
      downstream.resume();
    }
  }

  void upstreamWritable() {
    activeNanos = loop.recentNanos();
    downstream.resume();
  }

  void informational(Head head, Input input, int headLength) {
    activeNanos = loop.recentNanos();
    downstream.informational(head, input, headLength);
  }

  boolean answer(
      Attempt from, Head head, Input input, int headLength, int follow, BodyReader body) {
    activeNanos = from.answeredNanos();
    if (from.outcome() >= 500 && tries.hasOther(from)) {
      tries.finish(from, null);
      return false;
    }
    if (from.outcome() >= 400 && upload.isWhole()) {
      long wait = Repetition.afterAnswer(from, tries.count() - 1, head);
      if (wait != Retry.STOP) {
        tries.finishAll(Failure.CANCELLED, from);
        tries.make(wait);
        return false;
      }
    }
    tries.take(from);
    status = head.status();
    commit(head);
    sent += follow;
    downstream.answer(head, input, headLength, follow, body);
    pauseIfFull();
    return true;
  }

  private void commit(Head head) {
    committed = true;
    upload.forget();
    loop.writer().begin();
    passage.answer(head);
  }

  void switched(Attempt from, Head head, Input input, int headLength) {
    tries.take(from);
    commit(head);
    enterTunnel(from, head.status());
    downstream.switched(head, input, headLength);
    pauseIfFull();
  }

  private void enterTunnel(Attempt from, int code) {
    committed = true;
    status = code;
    activeNanos = loop.recentNanos();
    tunnel = new Tunnel(activeNanos);
    for (int i = 0; i < from.passedLayers; i++) {
      stack.attemptLayers[i].tunnelled(from);
    }
    passage.tunnelled();
  }

  void upstreamEnded(Attempt from) {
    activeNanos = loop.recentNanos();
    if (tunnel != null && tunnel.endUpstream() && (!downstream.endOutput() || tunnel.isOver())) {
      endTunnel(from);
    }
  }

  private void endTunnel(Attempt over) {
    close(over);
    downstream.ended();
  }

  private void close(Attempt over) {
    UpstreamStream stream = over.stream();
    tries.finish(over, null);
    if (stream != null) {
      stream.endTunnel();
    }
    end();
  }

  void answerBody(Input input, int count) {
    activeNanos = loop.recentNanos();
    sent += count;
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
    code = from.code();
    end();
    downstream.ended();
  }

  void failed(Attempt from, Failure why, String detail) {
    tries.finish(from, why);
    if (tries.isUnderWay()) {
      return;
    }
    boolean again = !committed && isReplayable();
    long wait = again ? Repetition.afterFailure(from, why) : Retry.STOP;
    if (wait != Retry.STOP) {
      tries.make(wait);
    } else {
      fail(LocalReply.of(why.reason(), detail));
    }
  }

  // The end

  void reply(LocalReply answer) {
    committed = true;
    status = answer.status();
    reason = answer.reason();
    code = call ? GrpcCode.of(answer) : null;
    sent += method == Method.HEAD ? 0 : answer.body().length();
    downstream.reply(answer);
    end();
    downstream.ended();
  }

  /** There is no whole answer, for this reason. */
  private void fail(LocalReply why) {
    if (!committed) {
      reply(why);
      return;
    }
    reason = why.reason();
    code = call ? GrpcCode.of(why) : null;
    aborted = true;
    end();
    downstream.abort(why);
  }

  private void end() {
    ended = true;
    endNanos = loop.nanos();
    upload.close();
    tries.stop();
    passage.end();
  }

  // What layers ask

  /** Has a copy of the request go to this target too, once the request is whole. */
  public void mirror(MirrorTarget copy) {
    upload.mirror(copy);
  }

  /** Where the request stands among the layers, and what they keep of it. */
  public Passage passage() {
    return passage;
  }

  /** Changes octets that a layer added to the head at this place, for the next attempt. */
  public void overwriteAdded(int at, byte[] octets) {
    upload.overwrite(passage.addedFrom() + at, octets);
  }

  /** Octets of the request that wait to be sent, or to be sent again. */
  public long heldBytes() {
    UpstreamStream stream = tries.stream();
    return upload.keptBytes() + (stream == null ? 0 : stream.heldBytes());
  }

  /** Attempts made so far. */
  public int attempts() {
    return tries.count();
  }

  /** The attempt that ended last, or null if none was made. */
  public @Nullable Attempt lastAttempt() {
    return tries.last();
  }

  /** What the client speaks. */
  public Downstream.Protocol protocol() {
    return downstream.protocol();
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
    return upgrade == Upgrade.RAW || upload.isWhole();
  }

  boolean isRequestComplete() {
    return upload.isComplete();
  }

  /** Chooses where the request with this head goes. */
  public void target(Target chosen, Head head) {
    target = chosen;
    affinity = chosen.affinity() == null ? null : chosen.affinity().of(this, head);
  }

  /** Whether it is a tunnel. */
  public boolean isTunnel() {
    return tunnel != null;
  }

  /** When it became a tunnel, or else ended: a tunnel's length says nothing of how fast it was. */
  public long answeredNanos() {
    return tunnel == null ? endNanos : tunnel.sinceNanos();
  }
}
