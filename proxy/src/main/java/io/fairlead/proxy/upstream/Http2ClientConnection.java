package io.fairlead.proxy.upstream;

import io.fairlead.proxy.exchange.Attempt;
import io.fairlead.proxy.exchange.Failure;
import io.fairlead.proxy.http2.Http2Error;
import io.fairlead.proxy.http2.Http2HeadWriter.Scheme;
import io.fairlead.proxy.http2.Http2Limits;
import io.fairlead.proxy.http2.Http2Session;
import io.fairlead.proxy.http2.Http2Stream;
import io.fairlead.proxy.loop.Loop;
import io.netty.channel.Channel;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One HTTP/2 connection to an endpoint, on which many attempts are under way at the same time.
 * Belongs to its loop.
 */
final class Http2ClientConnection implements Http2Session.Owner {
  private static final Logger LOG = LoggerFactory.getLogger(Http2ClientConnection.class);

  private final Loop loop;
  private final StreamPool pool;
  private final Channel channel;
  private final Scheme scheme;
  private final Http2Session session;
  private boolean settled;
  private boolean used;
  private long idleSince;
  private final long bornNanos;
  private int requests;

  Http2ClientConnection(Loop loop, StreamPool pool, Channel channel, Scheme scheme) {
    this.loop = loop;
    this.pool = pool;
    this.channel = channel;
    this.scheme = scheme;
    session = new Http2Session(loop, Http2Session.Side.CLIENT, Http2Limits.defaults(), this);
    idleSince = loop.nanos();
    bornNanos = idleSince;
  }

  long bornNanos() {
    return bornNanos;
  }

  int requests() {
    return requests;
  }

  /** Takes over an open channel. */
  void start() {
    channel.pipeline().addLast(session);
    session.start();
  }

  /** Whether the endpoint has said that it speaks HTTP/2. */
  boolean isSettled() {
    return settled;
  }

  /** Attempts that can begin now. */
  int capacity() {
    return Math.min(session.capacity(), pool.maxStreams() - session.streams());
  }

  int streams() {
    return session.streams();
  }

  long idleSince() {
    return idleSince;
  }

  Http2Session session() {
    return session;
  }

  Scheme scheme() {
    return scheme;
  }

  StreamPool pool() {
    return pool;
  }

  Loop loop() {
    return loop;
  }

  /**
   * Sends an attempt's request.
   *
   * @param refusals how often endpoints have sent the request back untouched
   */
  void begin(Attempt attempt, int refusals) {
    if (attempt.awaitsSwitch() && !session.extendedConnect()) {
      attempt.failed(
          Failure.PROTOCOL, pool.id() + " opens no WebSockets in HTTP/2 (RFC 8441 section 3)");
      return;
    }
    boolean reused = used;
    used = true;
    requests++;
    attempt.connected(new Http2ClientStream(this, attempt, reused, refusals));
  }

  /** Ends with the streams that are under way. */
  void drain() {
    session.drain();
  }

  void closeNow() {
    channel.close();
  }

  @Override
  public Http2Stream accept() {
    throw new IllegalStateException("an endpoint cannot begin a stream");
  }

  @Override
  public void settled() {
    boolean first = !settled;
    settled = true;
    pool.settled(this, first);
  }

  @Override
  public void goingAway() {
    pool.leave(this);
  }

  @Override
  public void ended(Http2Stream stream) {
    if (session.streams() == 0) {
      idleSince = loop.nanos();
    }
    pool.freed(this);
  }

  @Override
  public void failed(Throwable cause) {
    if (!(cause instanceof IOException)) {
      LOG.error("a connection to {} failed", pool.id(), cause);
    }
  }

  @Override
  public void violated(Http2Error error, String why) {
    pool.misbehaved(Failure.PROTOCOL, error + ", " + why);
  }

  @Override
  public void closed(String why) {
    pool.closed(this, why);
  }
}
