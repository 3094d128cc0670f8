package io.fairlead.proxy.upstream;

import io.fairlead.proxy.exchange.Attempt;
import io.fairlead.proxy.exchange.Failure;
import io.fairlead.proxy.exchange.UpstreamStream;
import io.fairlead.proxy.http1.BodyReader;
import io.fairlead.proxy.http1.Fault;
import io.fairlead.proxy.http1.Framing;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.Method;
import io.fairlead.proxy.http1.RequestParser;
import io.fairlead.proxy.http2.ChunkReader;
import io.fairlead.proxy.http2.Chunks;
import io.fairlead.proxy.http2.Http2Error;
import io.fairlead.proxy.http2.Http2Stream;
import io.fairlead.proxy.loop.Input;
import io.fairlead.proxy.loop.Loop;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * One attempt on an HTTP/2 connection. What the exchange sends is HTTP/1.1, and so is what it gets:
 * chunks come and go here, and bodies of unknown length are chunked. Belongs to its connection's
 * loop.
 *
 * <p>An attempt that the endpoint has certainly not touched, by its own word, goes to another
 * connection at once; that is no retry, since nothing has happened (RFC 9113 section 8.7).
 */
final class Http2ClientStream extends Http2Stream implements UpstreamStream {
  private static final int MAX_INFORMATIONAL = 16;
  private static final int MAX_REFUSALS = 3;

  private final Http2ClientConnection connection;
  private final Loop loop;
  private final boolean reused;
  private final int refusals;
  private final Input input = new Input();
  private final BodyReader body;
  private @Nullable Attempt attempt;
  private @Nullable ChunkReader chunks;
  private Framing requestFraming = Framing.NONE;
  private boolean headSent;
  private long left;
  private int informational;
  private boolean answering;
  private boolean paused;
  private boolean delivering;
  private boolean answerEnded;
  private int held;
  private @Nullable SocketOpening opening;
  private boolean tunnel;

  Http2ClientStream(
      Http2ClientConnection connection, Attempt attempt, boolean reused, int refusals) {
    super(connection.session());
    this.connection = connection;
    this.attempt = attempt;
    this.reused = reused;
    this.refusals = refusals;
    loop = connection.loop();
    body = new BodyReader(connection.pool().http1Limits());
  }

  // The request

  @Override
  public void send(ByteBuf octets) {
    if (!headSent) {
      headSent = true;
      sendHead(octets);
      if (opening != null || requestFraming == Framing.NONE) {
        octets.release();
        return;
      }
    }
    if (tunnel) {
      sendData(octets);
      return;
    }
    if (chunks != null) {
      chunks.read(octets);
      return;
    }
    left -= octets.readableBytes();
    if (left > 0) {
      sendData(octets);
    } else {
      sendLast(octets);
    }
  }

  private void sendHead(ByteBuf octets) {
    RequestParser parser = loop.http2().forwarded();
    int length = parser.parse(octets);
    if (length <= 0) {
      throw new IllegalStateException("the proxy has assembled a head that is none");
    }
    Head head = parser.head();
    octets.skipBytes(length);
    requestFraming = Framing.ofRequest(head);
    left = head.contentLength();
    session().open(this);
    if (attempt != null && attempt.awaitsSwitch()) {
      opening = SocketOpening.of(head);
      session().writer().openSocket(head, connection.scheme());
      sendHead();
      return;
    }
    session().writer().request(head, connection.scheme());
    if (requestFraming == Framing.NONE) {
      sendOnlyHead();
      return;
    }
    if (requestFraming == Framing.CHUNKED) {
      chunks = new ChunkReader(this, connection.pool().http1Limits());
    }
    sendHead();
  }

  @Override
  protected void writable() {
    if (attempt != null) {
      attempt.writable();
    }
  }

  // The answer

  @Override
  protected void head(@Nullable Fault fault, boolean last) {
    Attempt present = attempt;
    if (present == null) {
      return;
    }
    if (fault != null) {
      fail(Failure.PROTOCOL, fault.text());
      return;
    }
    Head head = loop.responses().head();
    if (!connection.pool().allowsHead(head.length(), head.fields())) {
      fail(Failure.PROTOCOL, Fault.HEAD_TOO_LARGE.text());
      return;
    }
    if (head.status() < 200) {
      if (++informational > MAX_INFORMATIONAL) {
        fail(Failure.PROTOCOL, "unexpected status " + head.status());
      } else {
        present.informational(head, input, 0);
      }
      return;
    }
    SocketOpening asked = opening;
    if (asked != null && SocketOpening.opens(head.status())) {
      tunnel = answering = true;
      answerEnded = last;
      asked.translate(present, head);
      present.switched(head, input, 0);
      deliver();
      return;
    }
    Framing framing = last ? Framing.NONE : Framing.ofResponse(head, present.method());
    if (last && head.contentLength() > 0 && bodyExpected(head, present.method())) {
      fail(Failure.PROTOCOL, "the body that was announced is missing");
      return;
    }
    body.start(framing, head.contentLength());
    answering = true;
    if (present.answer(head, input, 0, 0, body)) {
      answerEnded = last;
      deliver();
    } else {
      attempt = null;
      reset(Http2Error.CANCEL);
    }
  }

  private static boolean bodyExpected(Head head, Method method) {
    return method != Method.HEAD && head.status() != 304;
  }

  @Override
  protected void data(ByteBuf octets) {
    int count = octets.readableBytes();
    if (attempt == null) {
      octets.release();
      consumed(count);
      return;
    }
    boolean chunked = !tunnel && body.framing() == Framing.CHUNKED;
    input.append(loop.allocator(), chunked ? Chunks.chunk(loop.allocator(), octets) : octets);
    held += count;
    deliver();
  }

  @Override
  protected void ended(byte[] trailers) {
    answerEnded = true;
    if (attempt != null) {
      attempt.trailers(trailers);
    }
    if (attempt != null && answering && !tunnel && body.framing() == Framing.CHUNKED) {
      input.append(loop.allocator(), Chunks.last(loop.allocator(), trailers));
    }
    deliver();
  }

  private void deliver() {
    if (delivering) {
      return;
    }
    delivering = true;
    try {
      while (attempt != null && !input.isEmpty() && !paused) {
        deliverPart(attempt);
      }
    } finally {
      delivering = false;
    }
    Attempt present = attempt;
    if (present != null && tunnel && answerEnded && input.isEmpty()) {
      endTunnel(present);
    } else if (present != null && answerEnded && input.isEmpty()) {
      if (!body.isComplete()) {
        fail(Failure.PROTOCOL, "the body is shorter than was announced");
        return;
      }
      attempt = null;
      if (!isClosed() && !isSent()) {
        reset(Http2Error.NO_ERROR);
      }
      present.answered();
    }
  }

  /** The endpoint sends no more, or has ended the whole stream. */
  private void endTunnel(Attempt present) {
    if (isClosed()) {
      attempt = null;
      present.answered();
    } else {
      present.upstreamEnded();
    }
  }

  private void deliverPart(Attempt present) {
    int count = tunnel ? input.length() : body.read(input.octets());
    if (count <= 0) {
      fail(Failure.PROTOCOL, "the body is longer than was announced");
      return;
    }
    present.answerBody(input, count);
    if (input.isEmpty()) {
      int used = held;
      held = 0;
      consumed(used);
    }
  }

  @Override
  public long heldBytes() {
    return pendingBytes();
  }

  @Override
  public void pause() {
    paused = true;
  }

  @Override
  public void resume() {
    if (paused) {
      paused = false;
      deliver();
    }
  }

  // The end

  @Override
  protected void broken(Http2Error error, boolean untouched) {
    Attempt present = attempt;
    if (present == null) {
      dropInput();
      return;
    }
    if (answerEnded) {
      // The answer is whole and only waits for the client.
      if (tunnel) {
        deliver();
      }
      return;
    }
    boolean stale = reused && !answering && isRemoteUnheard() && present.isRepeatable();
    if (untouched && present.isReplayable() && refusals < MAX_REFUSALS || stale) {
      attempt = null;
      dropInput();
      connection.pool().reopen(present, refusals + 1);
    } else {
      fail(Failure.RESET, "the stream was reset: " + error);
    }
  }

  private boolean isRemoteUnheard() {
    return session().isClosed() && informational == 0;
  }

  private void fail(Failure why, String detail) {
    Attempt failed = attempt;
    attempt = null;
    dropInput();
    reset(Http2Error.CANCEL);
    connection.pool().misbehaved(why, detail);
    if (failed != null) {
      failed.failed(why, connection.pool().id() + ": " + detail);
    }
  }

  @Override
  public void tunnel() {
    throw new IllegalStateException("CONNECT has connections of its own");
  }

  @Override
  public void endOutput() {
    end();
  }

  @Override
  public void endTunnel() {
    attempt = null;
    dropInput();
    end();
    if (!isClosed()) {
      loop.schedule(() -> reset(Http2Error.CANCEL), ClientConnection.LAST_OCTETS_NANOS);
    }
  }

  @Override
  public void cancel() {
    attempt = null;
    dropInput();
    reset(Http2Error.CANCEL);
  }

  /** Nobody reads what has come; others of the connection may get as much instead. */
  private void dropInput() {
    input.clear();
    int used = held;
    held = 0;
    consumed(used);
  }
}
