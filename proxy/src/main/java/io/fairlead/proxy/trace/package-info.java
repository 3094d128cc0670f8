/** Spans of the requests that pass: how they begin, go on to the next hop, end and are exported. */
@NullMarked
package io.fairlead.proxy.trace;

import org.jspecify.annotations.NullMarked;
