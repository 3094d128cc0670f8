/** The light end of xDS: bytes to the traffic model, and the ADS client. */
@org.jspecify.annotations.NullMarked
package io.fairlead.xds;
