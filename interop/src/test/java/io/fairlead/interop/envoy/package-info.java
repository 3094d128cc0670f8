/** A real Envoy that takes its configuration from our control plane. */
@NullMarked
package io.fairlead.interop.envoy;

import org.jspecify.annotations.NullMarked;
