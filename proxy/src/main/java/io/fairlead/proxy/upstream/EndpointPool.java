package io.fairlead.proxy.upstream;

import io.fairlead.proxy.exchange.Attempt;
import io.fairlead.proxy.exchange.Failure;
import io.fairlead.proxy.http1.Http1Limits;
import io.fairlead.proxy.http2.Http2HeadWriter.Scheme;
import io.fairlead.proxy.loop.LazyTimer;
import io.fairlead.proxy.loop.Loop;
import io.fairlead.proxy.loop.Loops;
import io.fairlead.traffic.Cluster.LoadBalancing;
import io.fairlead.traffic.Cluster.Protocol;
import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.HostPort;
import io.netty.channel.Channel;
import java.net.InetSocketAddress;
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
  private static final int MAX_PREPARED = 2;

  private final Loop loop;
  private final Loops loops;
  private final String id;
  private final HostPort hostPort;
  private InetSocketAddress address;
  private final PoolLimits limits;
  private final Http1Limits http1Limits;
  private final long idleNanos;
  private final ArrayDeque<ClientConnection> idle = new ArrayDeque<>();
  private final ClusterLoad load;
  private final WaitingLine waiting;
  private final Attempt.Picked counted;
  private final LazyTimer eviction;
  private final @Nullable StreamPool streams;
  private Members members;
  private Bounds bounds;
  private @Nullable PeakLatency latency;
  private @Nullable EndpointState state;
  private @Nullable OutlierDetector detector;
  private int weight;
  private int open;
  private int connecting;
  private int active;
  private int failedConnects;
  private long suspectUntil;
  private boolean retired;
  private @Nullable EndpointFaults faults;

  /** Belongs to the balancer's round robin. */
  int credit;

  EndpointPool(
      Loop loop, Loops loops, Endpoint endpoint, Members members, Limits limits, ClusterLoad load) {
    this.loop = loop;
    this.loops = loops;
    this.id = endpoint.id();
    this.hostPort = endpoint.address();
    this.address = address(endpoint, members);
    this.limits = limits.pool();
    this.http1Limits = limits.http1();
    this.members = members;
    this.load = load;
    counted = new CountedPick(this, load);
    waiting = new WaitingLine(load);
    bounds = Bounds.of(members.limits());
    this.weight = endpoint.weight();
    latency = latency(members.loadBalancing());
    streams = members.protocol() == Protocol.HTTP_2 ? new StreamPool(loop, this) : null;
    idleNanos = this.limits.idleTimeout().toNanos();
    eviction = new LazyTimer(loop, this::evict);
  }

  /** The bounds of pools and of what their connections receive. */
  record Limits(PoolLimits pool, Http1Limits http1) {}

  /** What the present configuration says of the endpoint. */
  void update(Endpoint endpoint, Members present) {
    weight = endpoint.weight();
    InetSocketAddress before = address;
    address = address(endpoint, present);
    failedConnects = address.equals(before) ? failedConnects : 0;
    if (!present.loadBalancing().equals(members.loadBalancing())) {
      latency = latency(present.loadBalancing());
    }
    members = present;
    bounds = Bounds.of(present.limits());
  }

  /** Has the outcome of every attempt told, or none if there is nothing to tell it of. */
  void judge(@Nullable OutlierDetector by, @Nullable EndpointState judged) {
    detector = by;
    state = judged;
  }

  @Override
  public InetSocketAddress address() {
    return address;
  }

  /** New connections go to the present address of a logical cluster's name. */
  private static InetSocketAddress address(Endpoint endpoint, Members members) {
    DnsNames names = members.names();
    return names == null || names.current() == null
        ? Resolver.address(endpoint.address())
        : new InetSocketAddress(names.current(), endpoint.address().port());
  }

  private @Nullable PeakLatency latency(LoadBalancing balancing) {
    return balancing instanceof LoadBalancing.PeakEwma(var decay)
        ? new PeakLatency(decay.toNanos(), loop.nanos())
        : null;
  }

  @Override
  public String id() {
    return id;
  }

  int weight() {
    return weight;
  }

  /** An endpoint did what its protocol forbids, if that is why something failed. */
  void misbehaved(Failure why, String what) {
    if (why != Failure.PROTOCOL) {
      return;
    }
    if (faults == null) {
      faults = new EndpointFaults(id, loop::nanos);
    }
    faults.report(what);
  }

  /** Attempts under way, those that wait for a connection included. */
  int active() {
    return active;
  }

  /**
   * Average of its latencies where attempts go by it, in nanoseconds; 0 before the first answer.
   */
  double latency() {
    return latency == null ? 0 : latency.average(loop.nanos());
  }

  int openConnections() {
    return open;
  }

  int idleConnections() {
    return idle.size() + (streams == null ? 0 : streams.idle());
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
    Bounds present = bounds;
    boolean counts = present.countsAttempts();
    if (counts && !load.begin(present.attempts())) {
      attempt.failed(Failure.POOL_FULL, "too many requests to the cluster are under way");
      return;
    }
    active++;
    attempt.picked(counts ? counted : this);
    StreamPool multiplexed = streams;
    if (multiplexed != null && !attempt.isRaw()) {
      openStream(multiplexed, attempt);
      return;
    }
    ClientConnection connection = attempt.isRaw() ? null : idle.pollLast();
    while (connection != null && isSpent(connection.bornNanos(), 0)) {
      connection.close();
      connection = idle.pollLast();
    }
    if (connection != null) {
      connection.lease(attempt);
    } else if (mayConnect()) {
      connect(attempt);
    } else if (mayWait()) {
      waiting.add(attempt);
    } else {
      attempt.failed(Failure.POOL_FULL, "all connections to " + id + " are in use");
    }
  }

  /** Every pool may have one connection, so that nobody waits for one that never comes. */
  private boolean mayConnect() {
    return open < limits.maxConnections()
        && (open == 0 || load.connections() < bounds.connections());
  }

  private boolean mayWait() {
    return waiting.size() < limits.maxWaiting() && load.waiting() < bounds.waiting();
  }

  /** Whether connections end before their time. */
  boolean spendsConnections() {
    return bounds.spendsConnections();
  }

  /** Whether an answer may have a head of so many octets and fields. */
  boolean allowsHead(int octets, int fields) {
    return bounds.allowHead(octets, fields);
  }

  /** Streams that a connection may have under way. */
  int maxStreams() {
    return bounds.streams();
  }

  /** Whether a connection of that birth, with so many requests, gets no more of them. */
  boolean isSpent(long bornNanos, int requests) {
    Bounds present = bounds;
    return present.spendsConnections() && present.spend(loop.nanos() - bornNanos, requests);
  }

  private void openStream(StreamPool multiplexed, Attempt attempt) {
    if (multiplexed.begin(attempt, 0)) {
      return;
    }
    if (lacksConnection(multiplexed)) {
      connect(attempt);
    } else if (mayWait()) {
      waiting.add(attempt);
    } else {
      attempt.failed(Failure.POOL_FULL, "all connections to " + id + " are in use");
    }
  }

  /** Whether a connection that brings room for streams is neither on its way nor forbidden. */
  private boolean lacksConnection(StreamPool multiplexed) {
    return connecting + multiplexed.unsettled() == 0 && mayConnect();
  }

  /** Makes a connection one of HTTP/2. */
  void multiplex(Channel channel, @Nullable Attempt first) {
    connecting--;
    StreamPool multiplexed = streams;
    if (multiplexed == null) {
      throw new IllegalStateException(id + " does not speak HTTP/2");
    }
    if (first != null) {
      waiting.addFirst(first);
    }
    var scheme = members.tls() == null ? Scheme.HTTP : Scheme.HTTPS;
    multiplexed.add(channel, scheme, members.connectTimeout());
  }

  /** Begins attempts that wait, as far as there is room. */
  void serveStreams() {
    StreamPool multiplexed = streams;
    Attempt next = multiplexed == null ? null : nextWaiting();
    while (multiplexed != null && next != null) {
      if (!multiplexed.begin(next, 0)) {
        if (lacksConnection(multiplexed)) {
          connect(next);
        } else {
          waiting.addFirst(next);
        }
        return;
      }
      next = nextWaiting();
    }
  }

  /** An endpoint closed a connection before it said that it speaks HTTP/2. */
  void streamsRefused(String why) {
    suspect();
    Attempt first = nextWaiting();
    if (first != null) {
      first.failed(Failure.PROTOCOL, id + " does not speak HTTP/2: " + why);
    }
    open--;
    load.connectionClosed();
    serveStreams();
  }

  /** A connection of HTTP/2 has gone. */
  void streamsClosed() {
    open--;
    load.connectionClosed();
    serveStreams();
  }

  /** A connection of HTTP/2 has nothing to do since then. */
  void becameIdle(long since) {
    eviction.set(since + idleNanos);
  }

  Protocol protocol() {
    return members.protocol();
  }

  @Override
  public void over(Attempt attempt) {
    active--;
    if (!attempt.wasConnected()) {
      waiting.leave(attempt);
    }
    if (latency != null) {
      long took = took(attempt);
      if (took >= 0) {
        observe(took);
      }
    }
    if (detector != null && state != null) {
      detector.over(state, attempt);
    }
  }

  /** An answer counts up to its head; what took long and failed counts too. */
  private long took(Attempt attempt) {
    if (attempt.status() > 0) {
      return attempt.answeredNanos() - attempt.startNanos();
    }
    boolean slow = attempt.failure() == Failure.TIMEOUT || attempt.failure() == Failure.RESET;
    return slow ? loop.nanos() - attempt.startNanos() : -1;
  }

  void observe(long latencyNanos) {
    if (latency != null) {
      latency.observe(latencyNanos, loop.nanos());
    }
  }

  /** Sends the attempt's request on a new connection, since an idle one turned out to be dead. */
  void reopen(Attempt attempt) {
    attempt.disconnected();
    connect(attempt);
  }

  /**
   * Makes connections until there are so many, as far as there is room; few at a time, so that a
   * sudden load does not double itself.
   */
  void prepare(int connections) {
    boolean may = !retired && !isSuspect() && members.proxyProtocol() == null;
    // Streams share a connection, and so one is enough.
    int wanted = streams == null ? connections : Math.min(1, connections);
    for (int made = 0; may && made < MAX_PREPARED && open < wanted && mayConnect(); made++) {
      connect(null);
    }
  }

  private void connect(@Nullable Attempt attempt) {
    open++;
    load.connectionOpened();
    connecting++;
    Members present = members;
    ClientConnection connection = new ClientConnection(loop, this, attempt);
    var connecting =
        loops
            .client(loop, present.connectTimeout())
            .resolver(Resolver.GROUP)
            .handler(new ChannelSetup(connection, present, hostPort, attempt))
            .connect(address);
    long start = loop.nanos();
    connecting.addListener(
        done -> {
          if (done.isSuccess()) {
            ChannelSetup.shorten(connecting.channel(), present, loop.nanos() - start);
          } else {
            connection.connectFailed(done.cause());
          }
        });
  }

  /** A connection was made that will never be one of HTTP/2. */
  void apart() {
    if (streams != null) {
      connecting--;
    }
  }

  /** A connection can be used. */
  void connected() {
    if (streams == null) {
      connecting--;
    }
    failedConnects = 0;
  }

  /** A connection did not come about. */
  void connectFailed() {
    open--;
    load.connectionClosed();
    connecting--;
    suspect();
    serveWaiting();
  }

  private void suspect() {
    int doublings = Math.min(failedConnects++, MAX_DOUBLINGS);
    suspectUntil = loop.nanos() + (FIRST_SUSPICION_NANOS << doublings);
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
      connection.idleSince(loop.recentNanos());
      idle.addLast(connection);
      if (idle.size() == 1) {
        eviction.set(loop.recentNanos() + idleNanos);
      }
    }
  }

  /** A connection that was usable is closed. */
  void closed(ClientConnection connection) {
    open--;
    load.connectionClosed();
    idle.removeLastOccurrence(connection);
    serveWaiting();
  }

  private void serveWaiting() {
    if (mayConnect()) {
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
    Long oldestStreams = streams == null ? null : streams.evict(oldest);
    if (oldestStreams != null) {
      eviction.set(oldestStreams + idleNanos);
    }
  }

  /** The endpoint is no longer in the configuration: connections end with their exchanges. */
  void retire() {
    retired = true;
    eviction.close();
    if (streams != null) {
      streams.retire();
    }
    for (ClientConnection connection = idle.poll(); connection != null; connection = idle.poll()) {
      connection.close();
    }
  }

  boolean isRetired() {
    return retired;
  }
}
