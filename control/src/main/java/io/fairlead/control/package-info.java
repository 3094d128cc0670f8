/** The control plane: configuration, xDS and certificates. */
@org.jspecify.annotations.NullMarked
package io.fairlead.control;
