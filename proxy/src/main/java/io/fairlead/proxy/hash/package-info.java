/** What makes requests that are equal in something reach the same endpoint. */
@NullMarked
package io.fairlead.proxy.hash;

import org.jspecify.annotations.NullMarked;
