/** Access logs: a line for each request and each connection that is passed on. */
@NullMarked
package io.fairlead.proxy.log;

import org.jspecify.annotations.NullMarked;
