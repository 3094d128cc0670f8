/** Conditions of the traffic model in a form that is fast on octets. */
@NullMarked
package io.fairlead.proxy.match;

import org.jspecify.annotations.NullMarked;
