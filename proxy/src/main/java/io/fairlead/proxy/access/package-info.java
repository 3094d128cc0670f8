/** Who may do what: shared keys and authorization by identity, as pure decisions. */
@NullMarked
package io.fairlead.proxy.access;

import org.jspecify.annotations.NullMarked;
