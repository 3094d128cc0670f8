/** Event loops and what belongs to each of them: scratch space, buffers, timers, flushes. */
@NullMarked
package io.fairlead.proxy.loop;

import org.jspecify.annotations.NullMarked;
