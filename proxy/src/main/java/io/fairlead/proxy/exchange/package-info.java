/**
 * One request with its answer, whatever the protocols on both sides: the layers it passes, its
 * attempts at an upstream and the replies that the proxy makes itself.
 */
@NullMarked
package io.fairlead.proxy.exchange;

import org.jspecify.annotations.NullMarked;
