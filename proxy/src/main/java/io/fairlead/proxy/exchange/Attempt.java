package io.fairlead.proxy.exchange;

import io.fairlead.proxy.http1.BodyReader;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.Method;
import io.fairlead.proxy.loop.Input;
import io.fairlead.proxy.loop.Loop;
import io.fairlead.resilience.Bulkhead;
import io.fairlead.telemetry.TraceContext;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * One try to get an answer from an endpoint. The upstream side tells it what happens; once it is
 * over, by an answer, a failure or because nobody waits for it any more, whatever still comes is
 * ignored. Belongs to its exchange's loop.
 */
public final class Attempt {
  private final Exchange exchange;
  private final int number;
  private long startNanos;
  int passedLayers;
  private @Nullable UpstreamStream stream;
  private boolean over;
  private int status;
  private long answeredNanos;
  private @Nullable Failure failure;
  private @Nullable GrpcCode code;

  /** State of the attempt layers. */
  private long breakerPermit = -1;

  private long limitPermit = -1;

  private long bulkheadPermit = Bulkhead.REJECTED;
  private Loop.@Nullable Timer parked;
  private Loop.@Nullable Timer limit;
  private Loop.@Nullable Timer answerLimit;
  private @Nullable TraceContext span;
  private final String previousEndpoint;
  private @Nullable Picked endpoint;

  Attempt(Exchange exchange, int number, String previousEndpoint, long startNanos) {
    this.exchange = exchange;
    this.previousEndpoint = previousEndpoint;
    this.number = number;
    this.startNanos = startNanos;
  }

  public Exchange exchange() {
    return exchange;
  }

  public Loop loop() {
    return exchange.loop();
  }

  public Target target() {
    return exchange.target();
  }

  public Method method() {
    return exchange.method();
  }

  /** From 1; above 1 it is a retry. */
  public int number() {
    return number;
  }

  /** When it was made, or when its wait was over. */
  public long startNanos() {
    return startNanos;
  }

  /** The status of the upstream's answer, or 0. */
  public int status() {
    return status;
  }

  /** How a call of gRPC was answered; null of other requests, and before that is known. */
  public @Nullable GrpcCode code() {
    return code;
  }

  /**
   * The status that the endpoint is judged by: that of the answer, or what stands for the status of
   * a call of gRPC, which comes with 200 whatever it says. 0 without an answer.
   */
  public int outcome() {
    return code == null || status >= 400 ? status : code.httpStatus();
  }

  /** When the head of the answer came; means something if there is a status. */
  public long answeredNanos() {
    return answeredNanos;
  }

  /** Why there is no whole answer, or null. */
  public @Nullable Failure failure() {
    return failure;
  }

  /** The endpoint that was picked, as the upstream side sees it. */
  public interface Picked {
    /** Id of the endpoint. */
    String id();

    /** Where connections to it go. */
    InetSocketAddress address();

    /** This attempt at the endpoint is over; its outcome is known. */
    void over(Attempt attempt);
  }

  /** Id of the endpoint that was picked; empty before. */
  public String endpoint() {
    return endpoint == null ? "" : endpoint.id();
  }

  /** Where the endpoint is that was picked; null before. */
  public @Nullable InetSocketAddress endpointAddress() {
    return endpoint == null ? null : endpoint.address();
  }

  /** Id of the endpoint of the attempt before, which should not be picked again; or empty. */
  public String previousEndpoint() {
    return previousEndpoint;
  }

  /** Whether it needs a connection on which nothing was ever said. */
  public boolean isRaw() {
    return exchange.upgrade() == Upgrade.RAW;
  }

  /** Whether a request may be sent again although it may have been processed. */
  public boolean isRepeatable() {
    return method().isIdempotent() && exchange.isReplayable();
  }

  /** Whether the whole request can be sent once more, if that does no harm. */
  public boolean isReplayable() {
    return exchange.isReplayable();
  }

  /** Whether the attempt is over. */
  public boolean isOver() {
    return over;
  }

  /** Whether it came as far as a connection. */
  public boolean wasConnected() {
    return stream != null;
  }

  /** Whether the request has been sent to its end. */
  public boolean isRequestComplete() {
    return exchange.isRequestComplete();
  }

  /** The endpoint that was picked. */
  public void picked(Picked one) {
    endpoint = one;
  }

  /** Gives it so long for the head of an answer; called once, when the upstream is asked. */
  void limit(long nanos) {
    limit = loop().schedule(this::outOfTime, nanos);
  }

  /** The request is sent to its end: from now on an answer is waited for. */
  void requestComplete() {
    long nanos = target().timeouts().firstByteNanos();
    if (nanos > 0 && answerLimit == null) {
      answerLimit = loop().schedule(this::outOfTime, nanos);
    }
  }

  private void outOfTime() {
    if (status == 0) {
      failed(Failure.TRY_TIMEOUT, "no answer from " + target().upstream().name() + " in time");
    }
  }

  /** A connection is there: the request is sent, and its body follows. */
  public void connected(UpstreamStream connection) {
    if (over) {
      connection.cancel();
      return;
    }
    stream = connection;
    exchange.connected(this, connection);
  }

  /**
   * The connection has gone without anybody having acted on the request, and another one follows:
   * what is still to come of the body waits for it.
   */
  public void disconnected() {
    stream = null;
  }

  /** A 1xx answer came; takes its head from the input. */
  public void informational(Head head, Input input, int headLength) {
    exchange.informational(head, input, headLength);
  }

  /**
   * The final answer began. Takes its head and what follows from the input, unless the answer is
   * not wanted because another attempt follows.
   *
   * @return whether the answer is wanted
   */
  public boolean answer(Head head, Input input, int headLength, int follow, BodyReader body) {
    status = head.status();
    answeredNanos = loop().nanos();
    code = exchange.isCall() ? GrpcCode.of(head) : null;
    return exchange.answer(this, head, input, headLength, follow, body);
  }

  /** Whether an answer with 101 is what was asked for. */
  public boolean awaitsSwitch() {
    return exchange.upgrade() == Upgrade.WEBSOCKET;
  }

  /** The endpoint switched protocols; takes its head from the input, and octets follow. */
  public void switched(Head head, Input input, int headLength) {
    tunnelled(head.status());
    exchange.switched(this, head, input, headLength);
  }

  /** Notes down that it has succeeded, however long it goes on. */
  void tunnelled(int code) {
    status = code;
    answeredNanos = loop().nanos();
  }

  /** The endpoint will send nothing more into the tunnel. */
  public void upstreamEnded() {
    if (!over) {
      exchange.upstreamEnded(this);
    }
  }

  /** More of the answer's body came; takes it from the input. */
  public void answerBody(Input input, int count) {
    exchange.answerBody(input, count);
  }

  /** Trailers came, the lines with CR LF each; before the answer is whole. */
  public void trailers(byte[] lines) {
    GrpcCode told = exchange.isCall() ? GrpcCode.of(lines) : null;
    code = told == null ? code : told;
  }

  /** The answer is whole. */
  public void answered() {
    if (!over) {
      exchange.answered(this);
    }
  }

  /** There will be no answer, or not the rest of it. */
  public void failed(Failure why, String detail) {
    if (!over) {
      failure = why;
      exchange.failed(this, why, detail);
    }
  }

  /** The connection takes more octets again. */
  public void writable() {
    exchange.upstreamWritable();
  }

  @Nullable UpstreamStream stream() {
    return stream;
  }

  /** Marks it as over; {@code why} is null for an answer. */
  void finish(@Nullable Failure why) {
    over = true;
    failure = why;
    if (exchange.isCall() && why == null && code == null && status > 0) {
      code = GrpcCode.ofStatus(status);
    }
    cancel(limit);
    cancel(answerLimit);
    if (endpoint != null) {
      endpoint.over(this);
    }
  }

  private static void cancel(Loop.@Nullable Timer timer) {
    if (timer != null) {
      timer.cancel();
    }
  }

  /** What its span continues, or null. */
  public @Nullable TraceContext span() {
    return span;
  }

  /** Says which span it has. */
  public void span(TraceContext own) {
    span = own;
  }

  /** The permit of the circuit breaker, or below 0. */
  public long breakerPermit() {
    return breakerPermit;
  }

  public void breakerPermit(long permit) {
    breakerPermit = permit;
  }

  /** The permit of the adaptive limit, or below 0. */
  public long limitPermit() {
    return limitPermit;
  }

  public void limitPermit(long permit) {
    limitPermit = permit;
  }

  public boolean isInBulkhead() {
    return bulkheadPermit >= 0;
  }

  /** The permit for the place in the bulkhead, or below 0. */
  public long bulkheadPermit() {
    return bulkheadPermit;
  }

  /** The attempt has a place in the bulkhead now, which it must give back with this permit. */
  public void enterBulkhead(long permit) {
    bulkheadPermit = permit;
  }

  /** Whether a layer has it wait. */
  public boolean isParked() {
    return parked != null;
  }

  /** Has it wait; the timer ends that. */
  public void park(Loop.Timer timer) {
    parked = timer;
  }

  /** Its wait is over, whatever comes now. */
  public void unpark() {
    if (parked != null) {
      parked.cancel();
      parked = null;
    }
  }

  /** Goes on to the layer behind the one that had it wait. */
  public void goOn() {
    startNanos = loop().nanos();
    exchange.tries().pass(this);
  }

  /** Answers its request, since its wait was in vain. */
  public void refuse(LocalReply answer) {
    exchange.tries().refuse(this, answer);
  }
}
