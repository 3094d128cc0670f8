package io.fairlead.proxy.upstream;

/**
 * Probes of the endpoints of one cluster so far. Immutable.
 *
 * @param passed that the endpoints answered well
 * @param failed all others
 */
public record CheckStats(long passed, long failed) {}
