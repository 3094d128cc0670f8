/** The registry: one versioned catalog of instances with leases, its storage and its faces. */
@NullMarked
package io.fairlead.registry;

import org.jspecify.annotations.NullMarked;
