/** HTTP/1.0 and HTTP/1.1 on raw bytes: heads, body framing and the faults of both. */
@NullMarked
package io.fairlead.proxy.http1;

import org.jspecify.annotations.NullMarked;
