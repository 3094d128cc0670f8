/** What the process may use, how much of it is used, and who is refused because of that. */
@NullMarked
package io.fairlead.proxy.overload;

import org.jspecify.annotations.NullMarked;
