/** What happens at the edges of resilience policies: ours and two peers, run side by side. */
@org.jspecify.annotations.NullMarked
package io.fairlead.interop.resilience;
