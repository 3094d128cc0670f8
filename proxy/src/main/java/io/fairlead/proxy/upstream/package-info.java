/** Clusters, their endpoints and the connections to them. */
@NullMarked
package io.fairlead.proxy.upstream;

import org.jspecify.annotations.NullMarked;
