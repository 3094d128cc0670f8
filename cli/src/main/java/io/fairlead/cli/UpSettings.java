package io.fairlead.cli;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Everything that {@code fairlead up} is told. Immutable.
 *
 * @param data folder of the state; belongs to one process at a time
 * @param config folder of YAML files to follow; empty follows none
 * @param address on which all ports listen
 * @param ports the ports
 * @param trustDomain SPIFFE trust domain
 * @param certificateLifetime of workload certificates
 * @param samplePercent share of new traces that are recorded
 * @param counters the Redis server in which rate limits count; empty counts in memory
 */
record UpSettings(
    Path data,
    Optional<Path> config,
    String address,
    Ports ports,
    String trustDomain,
    Duration certificateLifetime,
    double samplePercent,
    Optional<URI> counters) {
  /** With counters in memory. */
  UpSettings(
      Path data,
      Optional<Path> config,
      String address,
      Ports ports,
      String trustDomain,
      Duration certificateLifetime,
      double samplePercent) {
    this(
        data,
        config,
        address,
        ports,
        trustDomain,
        certificateLifetime,
        samplePercent,
        Optional.empty());
  }

  /** Port numbers; 0 picks a free one. */
  record Ports(int http, int xds, int secureXds, int otlpGrpc, int otlpHttp) {}
}
