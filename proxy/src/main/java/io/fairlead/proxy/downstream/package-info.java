/** Listening ports and the connections that clients make to them. */
@NullMarked
package io.fairlead.proxy.downstream;

import org.jspecify.annotations.NullMarked;
