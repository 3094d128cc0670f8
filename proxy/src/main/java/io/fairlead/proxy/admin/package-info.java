/** The port on which operators ask what a data plane does. */
@NullMarked
package io.fairlead.proxy.admin;

import org.jspecify.annotations.NullMarked;
