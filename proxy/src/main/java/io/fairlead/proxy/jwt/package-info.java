/** Signed tokens: their keys, their verification, and the layer that asks for both. */
@NullMarked
package io.fairlead.proxy.jwt;

import org.jspecify.annotations.NullMarked;
