package io.fairlead.proxy.upstream;

/**
 * Lookups of the names of one cluster so far. Immutable.
 *
 * @param resolved that gave addresses
 * @param failed all others; the addresses before them stay in use
 */
public record DnsStats(long resolved, long failed) {}
