package io.fairlead.proxy.log;

import io.fairlead.proxy.log.LineWriter.Escape;

/** A value of a line. Safe for all loops. */
@FunctionalInterface
interface LogValue {
  /** Writes the value, or nothing if it is not known; tells which. */
  boolean write(Entry entry, LineWriter out, Escape escape);
}
