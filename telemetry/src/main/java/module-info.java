import org.jspecify.annotations.NullMarked;

/** What a call leaves behind: its trace context, its spans and its metrics. */
@NullMarked
module io.fairlead.telemetry {
  requires static transitive org.jspecify;

  exports io.fairlead.telemetry;
}
