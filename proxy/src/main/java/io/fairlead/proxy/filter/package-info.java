/** The layers that a request passes before and after it is routed. */
@NullMarked
package io.fairlead.proxy.filter;

import org.jspecify.annotations.NullMarked;
