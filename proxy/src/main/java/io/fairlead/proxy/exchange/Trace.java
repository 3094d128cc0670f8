package io.fairlead.proxy.exchange;

import io.fairlead.telemetry.TraceContext;

/**
 * What the spans of a recorded request need until they end: copies, since the head itself is gone
 * by then. Belongs to its exchange.
 */
public final class Trace {
  private final TraceContext server;
  private final Request request;
  private final long startEpochNanos;
  private final int[] spanIdPlaces;
  private TraceContext client;

  /**
   * What the request says of itself.
   *
   * @param method its name, {@code _OTHER} if it is not a known one
   * @param path without the query
   * @param server that it names
   * @param version of HTTP, such as {@code 1.1}
   * @param userAgent as it calls itself, or empty
   * @param rpc full name of the gRPC method, {@code package.Service/Method}, or empty
   */
  public record Request(
      String method, String path, Server server, String version, String userAgent, String rpc) {}

  /**
   * A server as a request names it.
   *
   * @param scheme {@code http} or {@code https}
   * @param host without port, or empty
   * @param port that is named, or that of the scheme
   */
  public record Server(String scheme, String host, int port) {}

  /**
   * @param server context of the listener's span
   * @param client context of the first attempt's span
   * @param startEpochNanos when the request began, in nanoseconds since 1970
   * @param spanIdPlaces where the client's span id stands in fields that were added to the head
   */
  public Trace(
      TraceContext server,
      TraceContext client,
      Request request,
      long startEpochNanos,
      int[] spanIdPlaces) {
    this.server = server;
    this.client = client;
    this.request = request;
    this.startEpochNanos = startEpochNanos;
    this.spanIdPlaces = spanIdPlaces.clone();
  }

  public TraceContext server() {
    return server;
  }

  /** Context of the present attempt's span, or the next one's. */
  public TraceContext client() {
    return client;
  }

  /** The next attempt has a span of its own. */
  public void client(TraceContext next) {
    client = next;
  }

  public Request request() {
    return request;
  }

  public long startEpochNanos() {
    return startEpochNanos;
  }

  /** How many fields carry the client's span id. */
  public int spanIds() {
    return spanIdPlaces.length;
  }

  /** Where a field's span id stands among the additions to the head. */
  public int spanIdPlace(int index) {
    return spanIdPlaces[index];
  }
}
