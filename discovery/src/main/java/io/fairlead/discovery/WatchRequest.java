package io.fairlead.discovery;

import java.util.Optional;

/**
 * What to watch and from where. Immutable.
 *
 * @param service one service, or empty for all
 * @param catalogId the {@link CatalogSnapshot#catalogId()} that {@code fromVersion} counts in, or
 *     empty to begin with a resync
 * @param fromVersion the last version already seen; changes above it follow
 */
public record WatchRequest(Optional<String> service, String catalogId, long fromVersion) {
  public WatchRequest {
    service.ifPresent(name -> new InstanceRules().service(name).verify());
    if (fromVersion < 0) {
      throw new IllegalArgumentException("fromVersion: must not be negative, was " + fromVersion);
    }
  }

  /** Everything, beginning with a resync. */
  public static WatchRequest everything() {
    return new WatchRequest(Optional.empty(), "", 0);
  }

  /** One service, beginning with a resync. */
  public static WatchRequest ofService(String service) {
    return new WatchRequest(Optional.of(service), "", 0);
  }

  /** The same scope, resumed after the state that the caller holds. */
  public WatchRequest after(CatalogSnapshot seen) {
    return new WatchRequest(service, seen.catalogId(), seen.version());
  }
}
