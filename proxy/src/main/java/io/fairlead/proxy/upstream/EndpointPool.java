package io.fairlead.proxy.upstream;

import io.fairlead.proxy.exchange.Attempt;
import io.fairlead.proxy.exchange.Failure;
import io.fairlead.proxy.http1.Http1Limits;
import io.fairlead.proxy.loop.LazyTimer;
import io.fairlead.proxy.loop.Loop;
import io.fairlead.proxy.loop.Loops;
import io.fairlead.proxy.tls.ClientTlsContext;
import io.fairlead.traffic.Cluster.ProxyVersion;
import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.HostPort;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.ssl.SslHandler;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one loop to one endpoint. The one that was used last is used first, so that
 * the others grow old and are closed. Belongs to its loop; survives every configuration that still
 * has the endpoint.
 */
final class EndpointPool implements Attempt.Picked {
  private static final long FIRST_SUSPICION_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final int MAX_DOUBLINGS = 5;

  private final Loop loop;
  private final Loops loops;
  private final String id;
  private final HostPort hostPort;
  private final java.net.InetSocketAddress address;
  private final PoolLimits limits;
  private final Http1Limits http1Limits;
  private final long idleNanos;
  private final ArrayDeque<ClientConnection> idle = new ArrayDeque<>();
  private final ArrayDeque<Attempt> waiting = new ArrayDeque<>();
  private final LazyTimer eviction;
  private Members members;
  private int weight;
  private int open;
  private int active;
  private int failedConnects;
  private long suspectUntil;
  private boolean retired;

  /** Belongs to the balancer's round robin. */
  int credit;

  EndpointPool(Loop loop, Loops loops, Endpoint endpoint, Members members, Limits limits) {
    this.loop = loop;
    this.loops = loops;
    this.id = endpoint.id();
    this.hostPort = endpoint.address();
    this.address = Resolver.address(endpoint.address());
    this.limits = limits.pool();
    this.http1Limits = limits.http1();
    this.members = members;
    this.weight = endpoint.weight();
    idleNanos = this.limits.idleTimeout().toNanos();
    eviction = new LazyTimer(loop, this::evict);
  }

  /** The bounds of pools and of what their connections receive. */
  record Limits(PoolLimits pool, Http1Limits http1) {}

  /** What the present configuration says of the endpoint. */
  void update(Endpoint endpoint, Members present) {
    weight = endpoint.weight();
    members = present;
  }

  @Override
  public String id() {
    return id;
  }

  int weight() {
    return weight;
  }

  /** Attempts under way, those that wait for a connection included. */
  int active() {
    return active;
  }

  int openConnections() {
    return open;
  }

  int idleConnections() {
    return idle.size();
  }

  Http1Limits http1Limits() {
    return http1Limits;
  }

  /** Whether the endpoint could not be connected to a short time ago. */
  boolean isSuspect() {
    return failedConnects > 0 && suspectUntil - loop.nanos() > 0;
  }

  /** Finds a connection for the attempt. */
  void open(Attempt attempt) {
    active++;
    attempt.picked(this);
    ClientConnection connection = attempt.isRaw() ? null : idle.pollLast();
    if (connection != null) {
      connection.lease(attempt);
    } else if (open < limits.maxConnections()) {
      connect(attempt);
    } else if (waiting.size() < limits.maxWaiting()) {
      waiting.add(attempt);
    } else {
      attempt.failed(Failure.POOL_FULL, "all connections to " + id + " are in use");
    }
  }

  @Override
  public void over() {
    active--;
  }

  /** Sends the attempt's request on a new connection, since an idle one turned out to be dead. */
  void reopen(Attempt attempt) {
    connect(attempt);
  }

  private void connect(Attempt attempt) {
    open++;
    Members present = members;
    ClientConnection connection = new ClientConnection(loop, this, attempt);
    var connecting =
        loops
            .client(loop, present.connectTimeout())
            .resolver(Resolver.GROUP)
            .handler(initializer(connection, present, attempt))
            .connect(address);
    long start = loop.nanos();
    connecting.addListener(
        done -> {
          if (done.isSuccess()) {
            shorten(connecting.channel(), present, loop.nanos() - start);
          } else {
            connection.connectFailed(done.cause());
          }
        });
  }

  /** What TCP took of the time to connect is no longer there for TLS. */
  private static void shorten(Channel channel, Members members, long takenNanos) {
    SslHandler handler = channel.pipeline().get(SslHandler.class);
    if (handler != null) {
      Duration left = members.connectTimeout().minusNanos(takenNanos);
      handler.setHandshakeTimeoutMillis(Math.max(1, left.toMillis()));
    }
  }

  private ChannelInitializer<Channel> initializer(
      ClientConnection connection, Members members, Attempt first) {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(Channel channel) {
        ProxyVersion version = members.proxyProtocol();
        if (version != null) {
          channel.pipeline().addLast(new ProxyHeaderOut(version, first.exchange().peer()));
        }
        ClientTlsContext tls = members.tls();
        if (tls != null) {
          var handler = tls.newHandler(channel.alloc(), hostPort);
          handler.setHandshakeTimeoutMillis(Math.max(1, members.connectTimeout().toMillis()));
          channel.pipeline().addLast(handler);
          connection.expectHandshake();
        }
        channel.pipeline().addLast(connection);
      }
    };
  }

  /** A connection can be used. */
  void connected() {
    failedConnects = 0;
  }

  /** A connection did not come about. */
  void connectFailed() {
    open--;
    int doublings = Math.min(failedConnects++, MAX_DOUBLINGS);
    suspectUntil = loop.nanos() + (FIRST_SUSPICION_NANOS << doublings);
    serveWaiting();
  }

  /** A connection has answered and can be used again. */
  void release(ClientConnection connection) {
    if (members.proxyProtocol() != null) {
      // It speaks for one client.
      connection.close();
      return;
    }
    Attempt next = nextWaiting();
    if (next != null) {
      connection.lease(next);
    } else if (retired || idle.size() >= limits.maxIdle()) {
      connection.close();
    } else {
      connection.idleSince(loop.nanos());
      idle.addLast(connection);
      if (idle.size() == 1) {
        eviction.set(loop.nanos() + idleNanos);
      }
    }
  }

  /** A connection that was usable is closed. */
  void closed(ClientConnection connection) {
    open--;
    idle.removeLastOccurrence(connection);
    serveWaiting();
  }

  private void serveWaiting() {
    if (open < limits.maxConnections()) {
      Attempt next = nextWaiting();
      if (next != null) {
        connect(next);
      }
    }
  }

  private @Nullable Attempt nextWaiting() {
    Attempt next = waiting.poll();
    while (next != null && next.isOver()) {
      next = waiting.poll();
    }
    return next;
  }

  private void evict() {
    long oldest = loop.nanos() - idleNanos;
    ClientConnection connection = idle.peekFirst();
    while (connection != null && connection.idleSince() - oldest <= 0) {
      idle.pollFirst();
      connection.close();
      connection = idle.peekFirst();
    }
    if (connection != null) {
      eviction.set(connection.idleSince() + idleNanos);
    }
  }

  /** The endpoint is no longer in the configuration: connections end with their exchanges. */
  void retire() {
    retired = true;
    eviction.close();
    for (ClientConnection connection = idle.poll(); connection != null; connection = idle.poll()) {
      connection.close();
    }
  }

  boolean isRetired() {
    return retired;
  }
}
