/** Runs the order system on the mesh and shows what the mesh does for it. */
@org.jspecify.annotations.NullMarked
package io.fairlead.demo;
