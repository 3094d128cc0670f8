package io.fairlead.proxy.exchange;

import io.fairlead.proxy.http1.BodyReader;
import io.fairlead.proxy.http1.Fault;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.loop.Input;
import io.fairlead.proxy.loop.Loop;
import io.fairlead.resilience.Retry;
import io.fairlead.resilience.RetryOn;
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
  /** Attempts on other endpoints after a refused connection, where no policy says otherwise. */
  private static final int CONNECT_RETRIES = 2;

  private static final long NEVER = Long.MAX_VALUE;

  private final Downstream downstream;
  private final BodyReader requestBody;
  private final Replay replay;
  private int passedLayers;
  private @Nullable Attempt attempt;
  private String lastEndpoint = "";
  private Loop.@Nullable Timer backOff;
  private long activeNanos;
  private @Nullable Tunnel tunnel;
  private boolean committed;
  private boolean ended;

  /**
   * @param requestBody started with the framing of this request
   * @param maxReplayBytes octets of a request that are kept for another attempt
   */
  public Exchange(
      Loop loop,
      Downstream downstream,
      Stack stack,
      Peer peer,
      BodyReader requestBody,
      int maxReplayBytes) {
    super(loop, stack, peer);
    this.downstream = downstream;
    this.requestBody = requestBody;
    replay = new Replay(maxReplayBytes);
    activeNanos = startNanos;
  }

  /** Leads the request, whose head is at the start of the input, to its first attempt. */
  public void begin(Head head, Input input, int headLength) {
    loop.writer().begin();
    for (Layer layer : stack.layers) {
      passedLayers++;
      if (layer.request(this, head) instanceof LocalReply refused) {
        input.skip(headLength);
        reply(refused);
        return;
      }
    }
    if (assemble(head, input, headLength)) {
      start();
    }
  }

  private boolean assemble(Head head, Input input, int headLength) {
    if (upgrade == Upgrade.RAW) {
      input.skip(headLength);
      return true;
    }
    Fault fault = replay.open(loop, head, input, requestBody);
    if (fault != null) {
      reply(LocalReply.of(fault));
    }
    return fault == null;
  }

  /** Joins the client with an endpoint of the target without any request, and so any layer. */
  public void begin(Target chosen) {
    target = chosen;
    upgrade = Upgrade.RAW;
    start();
  }

  private void start() {
    Retry retry = target().retry();
    if (retry != null) {
      retry.started();
    }
    attempt();
  }

  private void attempt() {
    backOff = null;
    Attempt next = new Attempt(this, ++attempts, lastEndpoint, loop.nanos());
    attempt = next;
    pass(next);
  }

  /** Leads the attempt through the layers that it has not passed yet, and to the upstream. */
  void pass(Attempt next) {
    while (next.passedLayers < stack.attemptLayers.length) {
      switch (stack.attemptLayers[next.passedLayers++].attempt(next)) {
        case Verdict.Pass passed -> {}
        case Verdict.Wait waits -> {
          return;
        }
        case LocalReply refused -> {
          refuse(next, refused);
          return;
        }
      }
    }
    target().upstream().open(next);
  }

  void refuse(Attempt refused, LocalReply answer) {
    finish(refused, Failure.CANCELLED);
    reply(answer);
  }

  // What the client's side tells

  /** Whether the next octets of the request's body can go on. */
  public boolean wantsBody() {
    UpstreamStream stream = attempt == null ? null : attempt.stream();
    return stream != null && stream.isWritable();
  }

  /** Sends what the input has of the request's body on; takes it from the input. */
  public void body(Input input) {
    UpstreamStream stream = attempt == null ? null : attempt.stream();
    if (stream == null) {
      throw new IllegalStateException("the request's body has nowhere to go");
    }
    activeNanos = loop.nanos();
    if (tunnel != null) {
      stream.send(input.take(input.length()));
      return;
    }
    int count = requestBody.read(input.octets());
    if (count < 0) {
      refuseBody();
      return;
    }
    ByteBuf octets = input.take(count);
    replay.add(octets);
    stream.send(octets);
  }

  private void refuseBody() {
    if (attempt != null) {
      finish(attempt, Failure.CANCELLED);
    }
    if (committed) {
      abort();
    } else {
      reply(LocalReply.of(requestBody.fault()));
    }
  }

  /** The client will send nothing more into the tunnel. */
  public void clientEnded() {
    UpstreamStream stream = attempt == null ? null : attempt.stream();
    if (tunnel != null && attempt != null && stream != null && tunnel.endClient()) {
      activeNanos = loop.nanos();
      stream.endOutput();
      if (tunnel.isOver()) {
        endTunnel(attempt);
      }
    }
  }

  /** The client takes more octets again. */
  public void downstreamWritable() {
    activeNanos = loop.nanos();
    UpstreamStream stream = attempt == null ? null : attempt.stream();
    if (stream != null) {
      stream.resume();
    }
  }

  /** The client has gone; nothing is told to it any more. */
  public void cancel() {
    if (ended) {
      return;
    }
    if (tunnel != null && attempt != null && tunnel.isClientEnded()) {
      // It went as it should; what it sent last may still be on its way.
      close(attempt);
      return;
    }
    aborted = true;
    if (attempt != null) {
      finish(attempt, Failure.CANCELLED);
    }
    end();
  }

  /** When {@link #checkTime} must be called next, by the loop's clock. */
  public long dueNanos() {
    if (target == null) {
      return NEVER;
    }
    long request = target.timeouts().requestNanos();
    long idle = target.timeouts().idleNanos();
    long deadline = request == 0 || tunnel != null ? NEVER : startNanos + request;
    return idle == 0 ? deadline : Math.min(deadline, activeNanos + idle);
  }

  /** Ends the exchange if one of its timeouts has passed. */
  public void checkTime() {
    if (ended || target == null || dueNanos() - loop.nanos() > 0) {
      return;
    }
    if (attempt != null) {
      finish(attempt, Failure.TIMEOUT);
    }
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
    if (upgrade == Upgrade.RAW) {
      from.tunnelled(200);
      stream.tunnel();
      enterTunnel(from, 200);
      downstream.tunnelled();
      return;
    }
    replay.sendTo(stream);
    if (!requestBody.isComplete()) {
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
    Retry retry = target().retry();
    if (retry != null && head.status() >= 400 && replay.isWhole()) {
      long wait = RetryAfter.waitNanos(retry, attempts - 1, head);
      if (wait != Retry.STOP) {
        finish(from, null);
        again(wait);
        return false;
      }
    }
    status = head.status();
    commit(head);
    downstream.answer(head, input, headLength, follow, body);
    pauseIfFull(from);
    return true;
  }

  private void commit(Head head) {
    committed = true;
    replay.close();
    loop.writer().begin();
    for (int i = stack.layers.length - 1; i >= 0; i--) {
      stack.layers[i].answer(this, head);
    }
  }

  void switched(Attempt from, Head head, Input input, int headLength) {
    commit(head);
    enterTunnel(from, head.status());
    downstream.switched(head, input, headLength);
    pauseIfFull(from);
  }

  private void enterTunnel(Attempt from, int code) {
    committed = true;
    status = code;
    activeNanos = loop.nanos();
    tunnel = new Tunnel(activeNanos);
    for (int i = 0; i < from.passedLayers; i++) {
      stack.attemptLayers[i].tunnelled(from);
    }
    for (int i = 0; i < passedLayers; i++) {
      stack.layers[i].tunnelled(this);
    }
  }

  void upstreamEnded(Attempt from) {
    activeNanos = loop.nanos();
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
    finish(over, null);
    if (stream != null) {
      stream.endTunnel();
    }
    end();
  }

  void answerBody(Input input, int count) {
    activeNanos = loop.nanos();
    downstream.answerBody(input, count);
    if (attempt != null) {
      pauseIfFull(attempt);
    }
  }

  private void pauseIfFull(Attempt from) {
    UpstreamStream stream = from.stream();
    if (stream != null && !downstream.isWritable()) {
      stream.pause();
    }
  }

  void answered(Attempt from) {
    finish(from, null);
    end();
    downstream.ended();
  }

  void failed(Attempt from, Failure why, String detail) {
    finish(from, why);
    if (committed) {
      reason = why.reason();
      abort();
      return;
    }
    long wait = waitAfter(from, why);
    if (wait != Retry.STOP) {
      again(wait);
    } else {
      reply(LocalReply.of(why.reason(), detail));
    }
  }

  private long waitAfter(Attempt from, Failure why) {
    RetryOn outcome = why.retryOn();
    if (outcome == null || !isReplayable()) {
      return Retry.STOP;
    }
    Retry retry = target().retry();
    if (retry != null) {
      return retry.nextWait(attempts - 1, outcome);
    }
    // No octet has left, so trying elsewhere is no repetition.
    boolean elsewhere =
        (why == Failure.CONNECT || why == Failure.TLS)
            && attempts <= CONNECT_RETRIES
            && target().upstream().hasOther(from);
    return elsewhere ? 0 : Retry.STOP;
  }

  private void again(long waitNanos) {
    if (waitNanos == 0) {
      attempt();
    } else {
      backOff = loop.schedule(this::attempt, waitNanos);
    }
  }

  // The end

  private void finish(Attempt over, @Nullable Failure why) {
    UpstreamStream stream = over.stream();
    lastEndpoint = over.endpoint();
    attempt = null;
    over.finish(why);
    if (why != null && stream != null) {
      stream.cancel();
    }
    for (int i = over.passedLayers - 1; i >= 0; i--) {
      stack.attemptLayers[i].end(over);
    }
  }

  private void reply(LocalReply answer) {
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
    replay.close();
    if (backOff != null) {
      backOff.cancel();
      backOff = null;
    }
    for (int i = passedLayers - 1; i >= 0; i--) {
      stack.layers[i].end(this);
    }
  }

  // What layers ask

  /** Changes octets that a layer added to the head at this place, for the next attempt. */
  public void overwriteAdded(int at, byte[] octets) {
    replay.overwriteAdded(at, octets);
  }

  /** Whether the whole request can be sent once more. */
  boolean isReplayable() {
    return upgrade == Upgrade.RAW || replay.isWhole();
  }

  /** Whether it is a tunnel. */
  public boolean isTunnel() {
    return tunnel != null;
  }

  /** When it became a tunnel, or else ended: a tunnel's length says nothing of how fast it was. */
  public long answeredNanos() {
    return tunnel == null ? endNanos : tunnel.sinceNanos();
  }

  boolean isRequestComplete() {
    return requestBody.isComplete();
  }
}
