/**
 * What a policy adds to a call, in ours and in two peers. The bodies; {@code run} holds the goals.
 */
@NullMarked
package io.fairlead.benchmarks.resilience;

import org.jspecify.annotations.NullMarked;
