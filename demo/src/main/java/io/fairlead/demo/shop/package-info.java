/**
 * The services of the order system, written as their users would write them: they call each other
 * by name over plain HTTP and know nothing of the mesh.
 */
@org.jspecify.annotations.NullMarked
package io.fairlead.demo.shop;
