package io.fairlead.proxy.exchange;

import org.jspecify.annotations.Nullable;

/**
 * What ties a request to one endpoint of its cluster. Immutable.
 *
 * @param hash of that in which the requests for one endpoint are equal
 * @param cookie the field line, CR LF included, that has the client come back to the endpoint; or
 *     null
 */
public record Affinity(long hash, byte @Nullable [] cookie) {}
