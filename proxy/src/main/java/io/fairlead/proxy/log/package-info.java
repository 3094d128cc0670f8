/**
 * What is told of single requests: access logs, with a line for each request and each connection
 * that is passed on, and taps, which show requests as they pass.
 */
@NullMarked
package io.fairlead.proxy.log;

import org.jspecify.annotations.NullMarked;
