/** Which route a request takes, and what the route does with it. */
@NullMarked
package io.fairlead.proxy.route;

import org.jspecify.annotations.NullMarked;
