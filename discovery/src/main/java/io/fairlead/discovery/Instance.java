package io.fairlead.discovery;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * One running copy of a service and where it listens. Immutable; the maps are copied and sorted.
 *
 * @param service DNS label of RFC 1123 in lower case, 1 to 63 characters
 * @param id unique within the service, 1 to 128 of {@code A-Z a-z 0-9 . _ : @ ~ -}
 * @param host DNS name, IPv4 or IPv6 literal without brackets, 1 to 253 characters
 * @param port TCP port, 1 to 65535
 * @param version release of the program, such as {@code v2}, which canary routes select; may be
 *     empty, at most 63 of {@code A-Z a-z 0-9 . _ + -}
 * @param labels what selectors match: at most 32 entries, keys 1 to 128 of {@code A-Z a-z 0-9 . _ /
 *     -}, values at most 256 characters
 * @param metadata what the registry carries and never reads: at most 64 entries, keys 1 to 128
 *     characters, values at most 1024 characters
 * @param status health as last reported
 */
public record Instance(
    String service,
    String id,
    String host,
    int port,
    String version,
    Map<String, String> labels,
    Map<String, String> metadata,
    HealthStatus status) {

  /**
   * Checks every field.
   *
   * @throws InvalidInstanceException naming every broken rule at once
   */
  public Instance {
    var rules = new InstanceRules();
    rules.service(service).id(id).host(host).port(port).version(version);
    rules.labels(labels).metadata(metadata).verify();
    labels = Collections.unmodifiableSortedMap(new TreeMap<>(labels));
    metadata = Collections.unmodifiableSortedMap(new TreeMap<>(metadata));
  }

  /** A healthy instance without version, labels or metadata. */
  public static Instance of(InstanceKey key, String host, int port) {
    return new Instance(
        key.service(), key.id(), host, port, "", Map.of(), Map.of(), HealthStatus.UP);
  }

  /** Service and id, which together name the instance in the catalog. */
  public InstanceKey key() {
    return new InstanceKey(service, id);
  }

  /** The same instance with another release name. */
  public Instance withVersion(String newVersion) {
    return new Instance(service, id, host, port, newVersion, labels, metadata, status);
  }

  /** The same instance with other labels. */
  public Instance withLabels(Map<String, String> newLabels) {
    return new Instance(service, id, host, port, version, newLabels, metadata, status);
  }

  /** The same instance with other metadata. */
  public Instance withMetadata(Map<String, String> newMetadata) {
    return new Instance(service, id, host, port, version, labels, newMetadata, status);
  }

  /** The same instance with another health status. */
  public Instance withStatus(HealthStatus newStatus) {
    return new Instance(service, id, host, port, version, labels, metadata, newStatus);
  }
}
