/** Every main and all wiring: from flags to running servers. */
@org.jspecify.annotations.NullMarked
package io.fairlead.cli;
