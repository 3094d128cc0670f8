package io.fairlead.proxy.upstream;

/**
 * What one loop has going on with one endpoint. Immutable.
 *
 * @param endpoint its id
 * @param active attempts under way, those that wait for a connection included
 * @param open connections, those being opened included
 * @param idle open connections without an attempt
 */
public record PoolUse(String endpoint, int active, int open, int idle) {}
