/** The state machines of resilience as layers, and how they live on across configurations. */
@NullMarked
package io.fairlead.proxy.policy;

import org.jspecify.annotations.NullMarked;
