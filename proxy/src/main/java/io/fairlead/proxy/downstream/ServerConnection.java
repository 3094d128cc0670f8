package io.fairlead.proxy.downstream;

import io.fairlead.proxy.downstream.AnswerFraming.ClientVersion;
import io.fairlead.proxy.exchange.Downstream;
import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.exchange.Peer;
import io.fairlead.proxy.exchange.Reason;
import io.fairlead.proxy.http1.BodyReader;
import io.fairlead.proxy.http1.Fault;
import io.fairlead.proxy.http1.Framing;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.Method;
import io.fairlead.proxy.http1.RequestParser;
import io.fairlead.proxy.loop.Input;
import io.fairlead.proxy.loop.LazyTimer;
import io.fairlead.proxy.loop.Loop;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/1.1 connection of a client. It cuts what arrives into requests, makes an {@link
 * Exchange} of each, one after the other, and writes the answers in that order.
 *
 * <p>Everything is driven by {@link #pump}, which takes steps as long as the present phase can do
 * something with the input: read a head, pass a body on if the upstream takes it, drop what nobody
 * wants. When it cannot, reading from the socket stops, so the kernel holds the client back.
 *
 * <p>A connection ends after an answer if either side wants that, if the request's body was not
 * read to its end and is too long to drop, or if the answer's body ends with the connection. Where
 * the client may still be sending, the connection lingers, because closing it at once would reset
 * it and could destroy the answer on its way.
 */
final class ServerConnection extends ChannelInboundHandlerAdapter
    implements Downstream, ClientLink {
  /** Requests of one connection that are begun before others get their turn. */
  private static final int MAX_IN_TURN = 32;

  private final ListenerPort port;
  private final Loop loop;
  private final Channel channel;
  private final Input input = new Input();
  private final BodyReader requestBody;
  private final AnswerWriter answers;
  private final LazyTimer timer;
  private final Reading reading;
  private final Continuation continuation;
  private Peer peer;
  private Phase phase = Phase.HEAD;
  private @Nullable Exchange exchange;
  private Method method = Method.OTHER;
  private ClientVersion version = ClientVersion.HTTP_1_1;
  private boolean persistent = true;
  private int inTurn;
  private boolean awaitsTunnel;
  private boolean closing;
  private boolean inputClosed;
  private boolean pumping;
  private boolean fresh = true;
  private int scanned;
  private int lingered;

  ServerConnection(ListenerPort port, Loop loop, Channel channel, Peer peer) {
    this.port = port;
    this.loop = loop;
    this.channel = channel;
    this.peer = peer;
    requestBody = new BodyReader(port.http1Limits());
    answers = new AnswerWriter(loop, channel, port.http1Limits());
    timer = new LazyTimer(loop, this::onTime);
    reading = new Reading(channel);
    continuation = new Continuation(loop, answers::write);
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    if (port.isClosed()) {
      close();
    } else {
      timer.set(loop.recentNanos() + port.timeouts().idleNanos());
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf octets = (ByteBuf) message;
    if (phase == Phase.LINGER || phase == Phase.CLOSED) {
      lingered += octets.readableBytes();
      octets.release();
      if (lingered > port.limits().maxDiscardBytes()) {
        channel.close();
      }
      return;
    }
    input.append(loop.allocator(), octets);
    pump();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    boolean ended = event instanceof SslCloseCompletionEvent end && end.isSuccess();
    if (ended || event instanceof ChannelInputShutdownEvent) {
      inputClosed = true;
      if (phase == Phase.LINGER) {
        channel.close();
      } else {
        pump();
      }
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (exchange != null && channel.isWritable()) {
      exchange.downstreamWritable();
    } else if (channel.isWritable()) {
      pump();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    phase = Phase.CLOSED;
    timer.close();
    continuation.end();
    input.clear();
    port.closed(this);
    Exchange present = exchange;
    if (present != null) {
      exchange = null;
      present.cancel();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    port.failed(cause);
    channel.close();
  }

  private void pump() {
    if (pumping) {
      return;
    }
    pumping = true;
    try {
      boolean more = true;
      while (more) {
        more =
            switch (phase) {
              case HEAD -> readHead();
              case EXCHANGE -> readBody();
              case DISCARD -> discard();
              case LINGER, CLOSED -> {
                input.clear();
                yield false;
              }
            };
      }
    } finally {
      pumping = false;
    }
  }

  private boolean readHead() {
    if (input.isEmpty()) {
      return waitForInput();
    }
    if (!mayBegin()) {
      reading.pause();
      return false;
    }
    ByteBuf octets = input.octets();
    if (fresh && Http2Preface.mayBegin(octets)) {
      if (octets.readableBytes() < Http2Preface.TELLING) {
        return waitForInput();
      }
      becomeHttp2(input.take(input.length()));
      return false;
    }
    if (scanned > 0 && !loop.requests().mayBeComplete(octets, scanned)) {
      scanned = octets.readableBytes();
      return waitForInput();
    }
    int length = loop.requests().parse(octets);
    if (length == RequestParser.INCOMPLETE) {
      if (scanned == 0) {
        timer.set(loop.recentNanos() + port.timeouts().headNanos());
      }
      scanned = Math.max(1, octets.readableBytes());
      return waitForInput();
    }
    scanned = 0;
    if (length == RequestParser.FAULTY) {
      refuse(loop.requests().fault(), octets);
    } else {
      begin(loop.requests().head(), length);
    }
    return true;
  }

  /** Whether the client reads its answers, and other connections of the loop had their turn. */
  private boolean mayBegin() {
    if (++inTurn <= MAX_IN_TURN) {
      return channel.isWritable();
    }
    inTurn = 0;
    loop.execute(this::pump);
    return false;
  }

  private boolean waitForInput() {
    if (inputClosed) {
      close();
    } else {
      reading.resume();
    }
    return false;
  }

  /** Gives the channel, and what was received already, to HTTP/2 (RFC 9113 section 3.3). */
  void becomeHttp2(@Nullable ByteBuf received) {
    phase = Phase.CLOSED;
    timer.close();
    port.closed(this);
    reading.resume();
    continuation.end();
    channel.pipeline().remove(this);
    port.serve(new Http2ServerConnection(port, loop, channel, peer), received);
  }

  private void begin(Head head, int length) {
    fresh = false;
    method = head.method();
    version = head.isHttp10() ? ClientVersion.HTTP_1_0 : ClientVersion.HTTP_1_1;
    persistent = head.isPersistent();
    awaitsTunnel = head.wantsWebSocket() || method == Method.CONNECT;
    continuation.begin(head);
    requestBody.start(Framing.ofRequest(head), head.contentLength());
    Exchange next =
        new Exchange(
            loop, this, port.stack(), peer, requestBody, port.limits().maxReplayBytes(), method);
    exchange = next;
    phase = Phase.EXCHANGE;
    next.begin(head, input, length);
    if (exchange == next) {
      timer.set(next.dueNanos());
    }
  }

  private boolean readBody() {
    Exchange present = exchange;
    boolean tunnel = present != null && present.isTunnel();
    if (present == null || requestBody.isComplete() && !tunnel) {
      if (!input.isEmpty()) {
        reading.pause();
      }
      return false;
    }
    if (inputClosed && !tunnel && requestBody.lacks(input.octets())) {
      // The rest of the body will never come, so nobody can act on the request.
      exchange = null;
      present.cancel();
      close();
      return false;
    }
    if (input.isEmpty()) {
      if (inputClosed && tunnel) {
        present.clientEnded();
      } else {
        reading.resume();
      }
      return false;
    }
    if (!present.wantsBody()) {
      reading.pauseUnless(present.gathers());
      return false;
    }
    continuation.end();
    present.body(input);
    return true;
  }

  private boolean discard() {
    if (requestBody.isComplete()) {
      awaitRequest();
      return true;
    }
    if (input.isEmpty()) {
      return waitForInput();
    }
    int count = requestBody.read(input.octets());
    if (count < 0) {
      linger();
    } else {
      input.skip(count);
    }
    return true;
  }

  @Override
  public boolean isWritable() {
    return channel.isWritable();
  }

  @Override
  public void due() {
    if (exchange != null) {
      timer.set(exchange.dueNanos());
    }
  }

  @Override
  public void resume() {
    pump();
  }

  @Override
  public void informational(Head head, Input from, int headLength) {
    if (continuation.passes(head) && version == ClientVersion.HTTP_1_1) {
      answers.informational(head, from, headLength);
    } else {
      from.skip(headLength);
    }
  }

  @Override
  public void switched(Head head, Input from, int headLength) {
    closing = true;
    answers.switched(head, from, headLength);
    pump();
  }

  @Override
  public void tunnelled() {
    closing = true;
    answers.connected();
    pump();
  }

  @Override
  public boolean endOutput() {
    return peer.security() == Peer.Security.PLAIN_TEXT && ListenerPort.endOutput(channel);
  }

  @Override
  public void answer(Head head, Input from, int headLength, int follow, BodyReader body) {
    boolean last = closing || mustClose();
    closing = answers.answer(head, from, headLength, follow, body, version, method, last);
  }

  @Override
  public void answerBody(Input from, int count) {
    answers.body(from, count);
  }

  @Override
  public void reply(LocalReply reply) {
    closing |= mustClose();
    answers.reply(reply, method, version, closing);
  }

  /** Whether no further request can come on this connection, as far as is known now. */
  private boolean mustClose() {
    boolean unread = !requestBody.isComplete();
    // What a client sent into a tunnel that did not come about is no request.
    return !persistent
        || port.isDraining()
        || awaitsTunnel && (method == Method.CONNECT || !input.isEmpty())
        || unread
            && (continuation.isAwaited() || requestBody.left() > port.limits().maxDiscardBytes());
  }

  @Override
  public void ended() {
    exchange = null;
    continuation.end();
    answers.end();
    if (closing) {
      if (requestBody.isComplete() && input.isEmpty()) {
        close();
      } else {
        linger();
      }
    } else if (requestBody.isComplete()) {
      awaitRequest();
    } else {
      phase = Phase.DISCARD;
      timer.set(loop.recentNanos() + port.timeouts().headNanos());
    }
    pump();
  }

  private void awaitRequest() {
    phase = Phase.HEAD;
    timer.set(loop.recentNanos() + port.timeouts().idleNanos());
  }

  @Override
  public void abort() {
    exchange = null;
    phase = Phase.CLOSED;
    input.clear();
    ListenerPort.reset(channel);
  }

  /** Whoever begins with something else than HTTP would not understand an answer of HTTP. */
  private void refuse(Fault fault, ByteBuf octets) {
    if (!fresh || fault != Fault.START_LINE || HttpSniffer.mayBeMethod(octets)) {
      refuse(LocalReply.of(fault));
      return;
    }
    port.refused(Reason.BAD_REQUEST);
    close();
  }

  /** Answers what is no request, and ends the connection. */
  private void refuse(LocalReply reply) {
    port.refused(reply, loop, this, peer);
    answers.reply(reply, Method.OTHER, ClientVersion.HTTP_1_1, true);
    linger();
  }

  private void linger() {
    if (inputClosed) {
      close();
      return;
    }
    phase = Phase.LINGER;
    input.clear();
    reading.resume();
    timer.set(loop.nanos() + port.timeouts().lingerNanos());
    ListenerPort.endOutput(channel);
  }

  /** Closes after everything is written, or when the client does not read it. */
  private void close() {
    phase = Phase.CLOSED;
    input.clear();
    timer.set(loop.recentNanos() + port.timeouts().idleNanos());
    channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(done -> channel.close());
  }

  @Override
  public void drain() {
    if (phase == Phase.HEAD && input.isEmpty()) {
      close();
    }
  }

  @Override
  public boolean closeIdle() {
    if (!fresh) {
      drain();
    }
    return phase == Phase.CLOSED;
  }

  @Override
  public long heldBytes() {
    return input.length() + (exchange == null ? 0 : exchange.heldBytes());
  }

  private void onTime() {
    switch (phase) {
      case HEAD -> {
        if (scanned == 0) {
          close();
        } else {
          refuse(LocalReply.of(Reason.REQUEST_TIMEOUT, "the head did not come in time"));
        }
      }
      case EXCHANGE -> {
        Exchange present = exchange;
        if (present != null) {
          present.checkTime();
          if (exchange == present) {
            timer.set(present.dueNanos());
          }
        }
      }
      case DISCARD -> linger();
      case LINGER, CLOSED -> channel.close();
    }
  }

  @Override
  public void identified(Peer verified) {
    peer = verified;
  }
}
