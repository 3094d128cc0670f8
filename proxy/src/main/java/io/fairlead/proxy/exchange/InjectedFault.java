package io.fairlead.proxy.exchange;

import io.fairlead.proxy.http1.Head;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Faults of a route, ready for use. Immutable.
 *
 * @param delayNanos how long a request is held back
 * @param delayPerMillion share of the requests that are
 * @param abort the answer to requests that are aborted, or null
 * @param abortPerMillion share of the requests that are
 * @param applies whether a request is one of those that faults are for
 */
public record InjectedFault(
    long delayNanos,
    int delayPerMillion,
    @Nullable LocalReply abort,
    int abortPerMillion,
    Predicate<Head> applies) {}
