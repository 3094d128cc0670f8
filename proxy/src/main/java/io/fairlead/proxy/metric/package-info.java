/** Rate, errors and duration of the requests that pass. */
@NullMarked
package io.fairlead.proxy.metric;

import org.jspecify.annotations.NullMarked;
