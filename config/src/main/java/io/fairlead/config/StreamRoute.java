package io.fairlead.config;

import io.fairlead.config.Manifest.HttpRoute;
import io.fairlead.config.Manifest.Metadata;
import java.util.List;

/**
 * Where a gateway passes connections on, octet by octet (Gateway API v1alpha2).
 *
 * @param form TCP by the port, TLS by the server that the client names
 * @param hostnames servers of TLS; empty takes those of the listener
 */
public record StreamRoute(
    Metadata metadata,
    Form form,
    List<HttpRoute.Parent> parents,
    List<String> hostnames,
    List<HttpRoute.Backend> backends)
    implements Manifest {
  @Override
  public String kind() {
    return form.name() + "Route";
  }

  /** What tells the connections apart. */
  public enum Form {
    TCP,
    TLS
  }
}
