package io.fairlead.proxy.downstream;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.fairlead.proxy.exchange.Downstream;
import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.http1.BodyReader;
import io.fairlead.proxy.http1.Fault;
import io.fairlead.proxy.http1.Field;
import io.fairlead.proxy.http1.Framing;
import io.fairlead.proxy.http1.GrpcType;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.Http1Limits;
import io.fairlead.proxy.http1.Method;
import io.fairlead.proxy.http2.ChunkReader;
import io.fairlead.proxy.http2.Chunks;
import io.fairlead.proxy.http2.Http2Error;
import io.fairlead.proxy.http2.Http2HeadWriter;
import io.fairlead.proxy.http2.Http2Stream;
import io.fairlead.proxy.loop.Input;
import io.fairlead.proxy.loop.Loop;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * One request of an HTTP/2 client and its answer. Towards the exchange it behaves like an HTTP/1.1
 * connection with one request: a body of unknown length is put into chunks on its way in, and taken
 * out of them on its way back. Belongs to its connection's loop.
 */
final class Http2ServerStream extends Http2Stream implements Downstream {
  private final Http2ServerConnection connection;
  private final Loop loop;
  private final BodyReader requestBody;
  private final Input input = new Input();
  private @Nullable Exchange exchange;
  private @Nullable BodyReader answerBody;
  private @Nullable ChunkReader chunks;
  private Method method = Method.OTHER;
  private boolean grpc;
  private boolean opensTunnel;
  private long missing;
  private int held;
  private long activeNanos;

  Http2ServerStream(Http2ServerConnection connection) {
    super(connection.session());
    this.connection = connection;
    loop = connection.loop();
    requestBody = new BodyReader(connection.port().http1Limits());
    activeNanos = loop.recentNanos();
  }

  // The request

  @Override
  protected void head(@Nullable Fault fault, boolean last) {
    ListenerPort port = connection.port();
    if (fault != null) {
      LocalReply refusal = LocalReply.of(fault);
      port.refused(refusal, loop, this, connection.peer());
      reply(refusal);
      finishAnswer();
      if (!last && !isClosed() && !isPending()) {
        // Nobody reads the body of what is no request.
        reset(Http2Error.NO_ERROR);
      }
      return;
    }
    Head head = loop.requests().head();
    method = head.method();
    grpc = GrpcType.isGrpc(head);
    opensTunnel = head.wantsWebSocket() || method == Method.CONNECT;
    Framing framing = last ? Framing.NONE : Framing.ofRequest(head);
    missing = framing == Framing.LENGTH ? head.contentLength() : 0;
    requestBody.start(framing, head.contentLength());
    Exchange next =
        new Exchange(
            loop,
            this,
            port.stack(),
            connection.peer(),
            requestBody,
            port.limits().maxReplayBytes(),
            method);
    exchange = next;
    if (grpc) {
      next.asCall();
    }
    next.begin(head, input, 0);
    if (exchange == next) {
      connection.wakeBy(next.dueNanos());
    }
  }

  @Override
  protected void data(ByteBuf octets) {
    activeNanos = loop.recentNanos();
    int count = octets.readableBytes();
    Exchange present = exchange;
    if (present == null) {
      octets.release();
      consumed(count);
      return;
    }
    if (count == 0) {
      octets.release();
      return;
    }
    if (opensTunnel) {
      input.append(loop.allocator(), octets);
    } else if (requestBody.framing() == Framing.CHUNKED) {
      input.append(loop.allocator(), Chunks.chunk(loop.allocator(), octets));
    } else {
      missing -= count;
      if (missing < 0) {
        octets.release();
        consumed(count);
        refuseBody(present);
        return;
      }
      input.append(loop.allocator(), octets);
    }
    held += count;
    pump();
  }

  @Override
  protected void ended(byte[] trailers) {
    Exchange present = exchange;
    if (present == null) {
      return;
    }
    if (opensTunnel) {
      pump();
    } else if (requestBody.framing() == Framing.CHUNKED) {
      input.append(loop.allocator(), Chunks.last(loop.allocator(), trailers));
      pump();
    } else if (missing > 0) {
      refuseBody(present);
    }
  }

  /** The body does not have the length that was announced (RFC 9113 section 8.1.1). */
  private void refuseBody(Exchange present) {
    exchange = null;
    dropInput();
    reset(Http2Error.PROTOCOL_ERROR);
    present.cancel();
  }

  /** Nobody reads what has come; others of the connection may send as much instead. */
  private void dropInput() {
    input.clear();
    int used = held;
    held = 0;
    consumed(used);
  }

  private void pump() {
    Exchange present = exchange;
    while (present != null
        && exchange == present
        && !input.isEmpty()
        && (present.isTunnel() || !requestBody.isComplete())
        && present.wantsBody()) {
      present.body(input);
    }
    if (present != null && exchange == present && !present.wantsBody()) {
      present.gathers();
    }
    if (input.isEmpty() && held > 0) {
      int used = held;
      held = 0;
      consumed(used);
    }
    boolean ended = input.isEmpty() && isRemoteEnded();
    if (ended && present != null && exchange == present && present.isTunnel()) {
      present.clientEnded();
    }
  }

  @Override
  protected void broken(Http2Error error, boolean untouched) {
    dropInput();
    Exchange present = exchange;
    if (present != null) {
      exchange = null;
      present.cancel();
    }
  }

  @Override
  protected void writable() {
    activeNanos = loop.recentNanos();
    if (exchange != null) {
      exchange.downstreamWritable();
    }
  }

  /** Ends what is overdue; when to look again. */
  long checkTime() {
    Exchange present = exchange;
    if (present != null) {
      present.checkTime();
      return exchange == present ? present.dueNanos() : Long.MAX_VALUE;
    }
    // The answer is there, but the client does not take it, or does not end its request.
    long end = activeNanos + connection.port().timeouts().idleNanos();
    if (end - loop.nanos() > 0) {
      return end;
    }
    reset(Http2Error.CANCEL);
    return Long.MAX_VALUE;
  }

  /** Octets of the request and its answer that wait here. */
  long heldBytes() {
    return pendingBytes() + input.length() + (exchange == null ? 0 : exchange.heldBytes());
  }

  // The answer

  @Override
  public Protocol protocol() {
    return Protocol.HTTP_2;
  }

  @Override
  public void due() {
    if (exchange != null) {
      connection.wakeBy(exchange.dueNanos());
    }
  }

  @Override
  public void resume() {
    pump();
  }

  @Override
  public void informational(Head head, Input from, int headLength) {
    loop.writer().begin();
    session().writer().response(head, loop.writer());
    from.skip(headLength);
    sendHead();
  }

  @Override
  public void answer(Head head, Input from, int headLength, int follow, BodyReader body) {
    if (head.status() == 204) {
      head.dropAll(Field.CONTENT_LENGTH);
    }
    head.dropAll(Field.TRAILER);
    session().writer().response(head, loop.writer());
    from.skip(headLength);
    answerBody = body;
    Http1Limits limits = connection.port().http1Limits();
    chunks = body.framing() == Framing.CHUNKED ? new ChunkReader(this, limits) : null;
    if (body.framing() == Framing.NONE) {
      sendOnlyHead();
    } else {
      sendHead();
      if (follow > 0) {
        answerBody(from, follow);
      }
    }
  }

  @Override
  public void answerBody(Input from, int count) {
    activeNanos = loop.recentNanos();
    ByteBuf octets = from.take(count);
    if (chunks != null) {
      chunks.read(octets);
    } else if (answerBody != null
        && answerBody.framing() == Framing.LENGTH
        && answerBody.isComplete()) {
      sendLast(octets);
    } else {
      sendData(octets);
    }
  }

  @Override
  public void switched(Head head, Input from, int headLength) {
    session().writer().opened(head, loop.writer());
    from.skip(headLength);
    sendHead();
    pump();
  }

  @Override
  public void tunnelled() {
    session().writer().status(200);
    sendHead();
    pump();
  }

  @Override
  public boolean endOutput() {
    end();
    return !isRemoteEnded();
  }

  @Override
  public void reply(LocalReply reply) {
    boolean asCall = grpc && reply.status() >= 400;
    byte[] body = asCall || reply.status() == 204 ? new byte[0] : reply.body().getBytes(UTF_8);
    String fields = asCall ? GrpcStatus.lines(reply) : ReplyEncoder.lines(reply, body.length);
    byte[] lines = fields.getBytes(ISO_8859_1);
    Http2HeadWriter writer = session().writer();
    writer.status(asCall ? 200 : reply.status());
    writer.lines(lines, lines.length);
    if (body.length == 0 || method == Method.HEAD) {
      sendOnlyHead();
    } else {
      sendHead();
      sendLast(Unpooled.wrappedBuffer(body));
    }
  }

  @Override
  public void ended() {
    exchange = null;
    finishAnswer();
  }

  private void finishAnswer() {
    activeNanos = loop.recentNanos();
    dropInput();
    answerBody = null;
    chunks = null;
    end();
    if (!isClosed() && !requestBody.isComplete() && !isPending()) {
      // Nobody wants the rest of the request (RFC 9113 section 8.1).
      reset(Http2Error.NO_ERROR);
    } else if (!isClosed()) {
      connection.wakeBy(activeNanos + connection.port().timeouts().idleNanos());
    }
  }

  /** A call ends with a status, whatever of its answer has gone. */
  @Override
  public void abort(LocalReply why) {
    if (!grpc || chunks == null || isClosed()) {
      abort();
      return;
    }
    exchange = null;
    sendTrailers(GrpcStatus.trailers(why).getBytes(ISO_8859_1));
    finishAnswer();
  }

  @Override
  public void abort() {
    exchange = null;
    dropInput();
    reset(Http2Error.INTERNAL_ERROR);
  }
}
