package io.fairlead.config;

import io.fairlead.config.Manifest.Metadata;
import io.fairlead.config.Manifest.Ref;
import java.util.List;

/**
 * A line for each request and each connection that is passed on (fairlead.io/v1). A kind of our
 * own, since Istio's {@code Telemetry} can say neither what a line looks like nor where it goes: it
 * names a provider of {@code MeshConfig} for that, which has no place in these files, and its
 * filter is an expression in another language.
 *
 * @param targets gateways, and services whose sidecars write; none means every proxy
 * @param path of the file, or {@code -} for standard output
 */
public record AccessLog(
    Metadata metadata, List<Ref> targets, String path, LogFormat format, LogFilter filter)
    implements Manifest {
  /** Standard output. */
  public static final String STANDARD_OUTPUT = "-";

  /**
   * Checks a path.
   *
   * @throws IllegalArgumentException if it is neither absolute nor standard output
   */
  public static String requirePath(String path) {
    if (!path.equals(STANDARD_OUTPUT) && !path.matches("/[^\\x00-\\x1f]{1,4000}")) {
      throw new IllegalArgumentException("must be an absolute path, or - for standard output");
    }
    return path;
  }
}
