/** The house style as tests, over the sources of the whole repository. */
@org.jspecify.annotations.NullMarked
package io.fairlead.testkit.tidy;
