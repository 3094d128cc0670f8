package io.fairlead.proxy.upstream;

import io.fairlead.proxy.exchange.Attempt;
import io.fairlead.proxy.exchange.Failure;
import io.fairlead.proxy.http1.Http1Limits;
import io.fairlead.proxy.http2.Http2Error;
import io.fairlead.proxy.http2.Http2HeadWriter.Scheme;
import io.fairlead.proxy.loop.Loop;
import io.netty.channel.Channel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP/2 connections of one loop to one endpoint, as a part of its pool. Attempts go to the
 * oldest connection that has room, so that the others become idle. Belongs to its loop.
 */
final class StreamPool {
  private final Loop loop;
  private final EndpointPool pool;
  private final List<Http2ClientConnection> connections = new ArrayList<>();
  private final List<Http2ClientConnection> unsettled = new ArrayList<>();

  StreamPool(Loop loop, EndpointPool pool) {
    this.loop = loop;
    this.pool = pool;
  }

  String id() {
    return pool.id();
  }

  Http1Limits http1Limits() {
    return pool.http1Limits();
  }

  boolean allowsHead(int octets, int fields) {
    return pool.allowsHead(octets, fields);
  }

  void misbehaved(Failure why, String what) {
    pool.misbehaved(why, what);
  }

  int maxStreams() {
    return pool.maxStreams();
  }

  /** Begins the attempt where there is room; false if there is none. */
  boolean begin(Attempt attempt, int refusals) {
    if (pool.spendsConnections()) {
      retireSpent();
    }
    for (Http2ClientConnection connection : connections) {
      if (connection.capacity() > 0) {
        connection.begin(attempt, refusals);
        return true;
      }
    }
    return false;
  }

  /** A connection that had its last request ends when the answers to all are there. */
  private void retireSpent() {
    Http2ClientConnection spent = spent();
    while (spent != null) {
      connections.remove(spent);
      spent.drain();
      spent = spent();
    }
  }

  private @Nullable Http2ClientConnection spent() {
    for (Http2ClientConnection connection : connections) {
      if (pool.isSpent(connection.bornNanos(), connection.requests())) {
        return connection;
      }
    }
    return null;
  }

  /** Takes over a channel that is open; attempts begin when the endpoint has said its settings. */
  void add(Channel channel, Scheme scheme, Duration settleWithin) {
    var connection = new Http2ClientConnection(loop, this, channel, scheme);
    unsettled.add(connection);
    connection.start();
    loop.schedule(() -> expire(connection), settleWithin.toNanos());
  }

  private void expire(Http2ClientConnection connection) {
    if (unsettled.contains(connection)) {
      connection.session().broken(Http2Error.SETTINGS_TIMEOUT, "the endpoint said no settings");
    }
  }

  /** Connections whose endpoint has not said yet that it speaks HTTP/2. */
  int unsettled() {
    return unsettled.size();
  }

  int idle() {
    int count = 0;
    for (Http2ClientConnection connection : connections) {
      count += connection.streams() == 0 ? 1 : 0;
    }
    return count;
  }

  void settled(Http2ClientConnection connection, boolean first) {
    if (first && unsettled.remove(connection)) {
      connections.add(connection);
      pool.connected();
    }
    pool.serveStreams();
  }

  /** No attempt begins on the connection any more. */
  void leave(Http2ClientConnection connection) {
    connections.remove(connection);
    pool.serveStreams();
  }

  void freed(Http2ClientConnection connection) {
    if (pool.isRetired() && connection.streams() == 0) {
      connection.drain();
    } else {
      pool.serveStreams();
      if (connection.streams() == 0) {
        pool.becameIdle(connection.idleSince());
      }
    }
  }

  void closed(Http2ClientConnection connection, String why) {
    connections.remove(connection);
    if (unsettled.remove(connection)) {
      pool.streamsRefused(why);
    } else {
      pool.streamsClosed();
    }
  }

  /** An attempt that no endpoint has touched begins anew. */
  void reopen(Attempt attempt, int refusals) {
    attempt.disconnected();
    if (!attempt.isOver() && !begin(attempt, refusals)) {
      pool.reopen(attempt);
    }
  }

  /** Closes what has been idle since before then; the oldest of the others, or null. */
  @Nullable Long evict(long before) {
    Long oldest = null;
    for (Http2ClientConnection connection : List.copyOf(connections)) {
      if (connection.streams() > 0) {
        continue;
      }
      long since = connection.idleSince();
      if (since - before <= 0) {
        connection.drain();
      } else if (oldest == null || since - oldest < 0) {
        oldest = since;
      }
    }
    return oldest;
  }

  /** Connections end with their streams. */
  void retire() {
    for (Http2ClientConnection connection : List.copyOf(connections)) {
      connection.drain();
    }
  }
}
