package io.fairlead.control;

import io.fairlead.config.DurationText;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Where a Redis server is that counts. Immutable; its text has no password.
 *
 * @param user empty for the default one
 * @param password empty for none
 * @param database 0 or above
 * @param timeout of connecting, and of each answer; 1 ms to 10 s
 * @param roots certificates that the server's has to come from; those of the platform if empty
 */
record RedisSettings(
    String host,
    int port,
    Security security,
    String user,
    String password,
    int database,
    Duration timeout,
    Optional<Path> roots) {
  private static final int USUAL_PORT = 6379;
  private static final Duration USUAL_TIMEOUT = Duration.ofMillis(200);

  /** How the connection is secured. */
  enum Security {
    PLAIN_TEXT,
    TLS
  }

  /**
   * Settings by a URI: {@code redis://[[user]:password@]host[:port][/database]}, or {@code
   * rediss://} for TLS; then perhaps {@code ?timeout=500ms&ca=FILE}.
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
    Map<String, String> query = query(uri);
    return new RedisSettings(
        uri.getHost(),
        uri.getPort() < 0 ? USUAL_PORT : uri.getPort(),
        secure ? Security.TLS : Security.PLAIN_TEXT,
        colon > 0 ? info.substring(0, colon) : "",
        colon < 0 ? "" : info.substring(colon + 1),
        path.length() < 2 ? 0 : Integer.parseInt(path.substring(1)),
        timeout(query.remove("timeout")),
        roots(query, secure ? Security.TLS : Security.PLAIN_TEXT));
  }

  private static Map<String, String> query(URI uri) {
    Map<String, String> query = new TreeMap<>();
    String text = uri.getQuery() == null ? "" : uri.getQuery();
    for (String part : text.isEmpty() ? new String[0] : text.split("&")) {
      int equals = part.indexOf('=');
      String key = equals < 0 ? part : part.substring(0, equals);
      if (equals < 0 || !(key.equals("timeout") || key.equals("ca"))) {
        throw new IllegalArgumentException("redis: only timeout and ca may be set, was " + key);
      }
      query.put(key, part.substring(equals + 1));
    }
    return query;
  }

  private static Duration timeout(@Nullable String text) {
    if (text == null) {
      return USUAL_TIMEOUT;
    }
    if (!text.matches("[1-9]\\d{0,3}ms|[1-9]s|10s")) {
      throw new IllegalArgumentException("redis: timeout must be 1ms to 10s, was " + text);
    }
    return DurationText.parse(text);
  }

  private static Optional<Path> roots(Map<String, String> query, Security security) {
    if (query.containsKey("ca") && security == Security.PLAIN_TEXT) {
      throw new IllegalArgumentException("redis: ca needs the scheme rediss");
    }
    return Optional.ofNullable(query.get("ca")).map(Path::of);
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
