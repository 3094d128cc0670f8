/** The proxy between clients and servers of other makes and languages. */
@NullMarked
package io.fairlead.interop.clients;

import org.jspecify.annotations.NullMarked;
