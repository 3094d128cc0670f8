package io.fairlead.proxy.downstream;

import io.fairlead.proxy.exchange.Peer;
import io.fairlead.proxy.http2.Http2Error;
import io.fairlead.proxy.http2.Http2Session;
import io.fairlead.proxy.http2.Http2Stream;
import io.fairlead.proxy.loop.LazyTimer;
import io.fairlead.proxy.loop.Loop;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 connection of a client; each of its streams is a request of its own. It looks after
 * what all have in common: who the client is, when something is due, and the end. Belongs to its
 * loop.
 */
final class Http2ServerConnection implements Http2Session.Owner, ClientLink {
  private static final long NEVER = Long.MAX_VALUE;

  private final ListenerPort port;
  private final Loop loop;
  private final Channel channel;
  private final Peer peer;
  private final Http2Session session;
  private final LazyTimer timer;
  private long due = NEVER;
  private long idleSince;
  private boolean ending;
  private boolean closed;

  Http2ServerConnection(ListenerPort port, Loop loop, Channel channel, Peer peer) {
    this.port = port;
    this.loop = loop;
    this.channel = channel;
    this.peer = peer;
    session = new Http2Session(loop, Http2Session.Side.SERVER, port.http2Limits(), this);
    timer = new LazyTimer(loop, this::onTime);
  }

  /**
   * Takes over an open channel.
   *
   * @param received what the client has sent already, or null; belongs to the connection
   */
  void start(@Nullable ByteBuf received) {
    channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, false);
    channel.pipeline().addLast(session);
    session.start();
    idleSince = loop.nanos();
    wakeBy(idleSince + port.timeouts().headNanos());
    if (port.isDraining()) {
      session.drain();
    }
    if (received != null) {
      session.channelRead(channel.pipeline().context(session), received);
    }
  }

  ListenerPort port() {
    return port;
  }

  Loop loop() {
    return loop;
  }

  Peer peer() {
    return peer;
  }

  Channel channel() {
    return channel;
  }

  Http2Session session() {
    return session;
  }

  // What the session tells

  @Override
  public Http2Stream accept() {
    return new Http2ServerStream(this);
  }

  @Override
  public void settled() {}

  @Override
  public void goingAway() {}

  @Override
  public void ended(Http2Stream stream) {
    if (session.streams() == 0) {
      idleSince = loop.nanos();
      wakeBy(idleSince + port.timeouts().idleNanos());
    }
  }

  @Override
  public void failed(Throwable cause) {
    port.failed(cause);
  }

  @Override
  public void closed(String why) {
    closed = true;
    timer.close();
    port.closed(this);
  }

  // Time

  /** Has the streams looked at by then. */
  void wakeBy(long atNanos) {
    if (!closed && atNanos != NEVER && (due == NEVER || atNanos - due < 0)) {
      due = atNanos;
      timer.set(atNanos);
    }
  }

  private void onTime() {
    due = NEVER;
    if (session.streams() == 0) {
      wakeBy(onIdleTime());
      return;
    }
    long next = NEVER;
    for (Http2Stream stream : session.openStreams()) {
      next = Math.min(next, ((Http2ServerStream) stream).checkTime());
    }
    wakeBy(next);
  }

  /** Ends what is idle for too long; the next time to look. */
  private long onIdleTime() {
    var timeouts = port.timeouts();
    long longest =
        ending
            ? timeouts.lingerNanos()
            : session.isExpecting() ? timeouts.headNanos() : timeouts.idleNanos();
    long end = idleSince + longest;
    if (end - loop.nanos() > 0) {
      return end;
    }
    if (ending) {
      channel.close();
    } else if (session.isExpecting()) {
      session.broken(Http2Error.NO_ERROR, "nothing came in time");
    } else {
      ending = true;
      idleSince = loop.nanos();
      session.drain();
    }
    return idleSince + timeouts.lingerNanos();
  }

  // What the port asks

  @Override
  public void drain() {
    if (!closed) {
      session.drain();
    }
  }

  @Override
  public void endSoon() {
    drain();
  }

  @Override
  public boolean closeIdle() {
    boolean idle = session.streams() == 0 && !session.isExpecting() && !ending;
    if (idle) {
      ending = true;
      drain();
      wakeBy(loop.nanos() + port.timeouts().lingerNanos());
    }
    return idle;
  }

  @Override
  public long heldBytes() {
    long held = 0;
    for (Http2Stream stream : session.openStreams()) {
      held += ((Http2ServerStream) stream).heldBytes();
    }
    return held;
  }
}
