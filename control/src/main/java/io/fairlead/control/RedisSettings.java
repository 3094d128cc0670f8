package io.fairlead.control;

import java.net.URI;
import java.time.Duration;

/**
 * Where a Redis server is that counts. Immutable; its text has no password.
 *
 * @param user empty for the default one
 * @param password empty for none
 * @param database 0 or above
 * @param timeout of connecting, and of each answer
 */
record RedisSettings(
    String host,
    int port,
    Security security,
    String user,
    String password,
    int database,
    Duration timeout) {
  private static final int USUAL_PORT = 6379;
  private static final Duration USUAL_TIMEOUT = Duration.ofMillis(200);

  /** How the connection is secured. */
  enum Security {
    PLAIN_TEXT,
    TLS
  }

  /**
   * Settings by a URI: {@code redis://[[user]:password@]host[:port][/database]}, or {@code
   * rediss://} for TLS.
   *
   * @throws IllegalArgumentException if it is no such URI; the message has no password
   */
  static RedisSettings of(URI uri) {
    boolean secure = "rediss".equals(uri.getScheme());
    if (!secure && !"redis".equals(uri.getScheme())) {
      throw new IllegalArgumentException(
          "redis: the scheme must be redis or rediss, was " + uri.getScheme());
    }
    if (uri.getHost() == null) {
      throw new IllegalArgumentException("redis: must name a host");
    }
    String path = uri.getPath() == null ? "" : uri.getPath();
    if (!path.matches("(/\\d{0,4})?")) {
      throw new IllegalArgumentException("redis: must end with a database's number, was " + path);
    }
    String info = uri.getUserInfo() == null ? "" : uri.getUserInfo();
    int colon = info.indexOf(':');
    return new RedisSettings(
        uri.getHost(),
        uri.getPort() < 0 ? USUAL_PORT : uri.getPort(),
        secure ? Security.TLS : Security.PLAIN_TEXT,
        colon > 0 ? info.substring(0, colon) : "",
        colon < 0 ? "" : info.substring(colon + 1),
        path.length() < 2 ? 0 : Integer.parseInt(path.substring(1)),
        USUAL_TIMEOUT);
  }

  /** Host and port. */
  String place() {
    return host + ":" + port;
  }

  @Override
  public String toString() {
    return "redis at " + place() + ", database " + database;
  }
}
