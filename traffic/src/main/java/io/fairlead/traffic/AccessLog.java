package io.fairlead.traffic;

import io.fairlead.config.LogFilter;
import io.fairlead.config.LogFormat;

/**
 * A line for each request of a listener, and for each connection that it passes on. Immutable.
 *
 * @param path of the file, or {@code -} for standard output
 * @param format of a line
 * @param filter which of them are logged
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/accesslog/v3/accesslog.proto">
 *     envoy.config.accesslog.v3.AccessLog</a>
 */
public record AccessLog(String path, LogFormat format, LogFilter filter) {
  public AccessLog {
    io.fairlead.config.AccessLog.requirePath(path);
  }
}
