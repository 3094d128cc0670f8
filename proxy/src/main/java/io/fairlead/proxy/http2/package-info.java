/** HTTP/2 frames, header compression and flow control (RFC 9113, RFC 7541), for both sides. */
@NullMarked
package io.fairlead.proxy.http2;

import org.jspecify.annotations.NullMarked;
