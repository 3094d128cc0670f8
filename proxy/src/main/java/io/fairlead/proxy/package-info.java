/** The data plane: listener, filters, route, cluster, endpoint. */
@NullMarked
package io.fairlead.proxy;

import org.jspecify.annotations.NullMarked;
