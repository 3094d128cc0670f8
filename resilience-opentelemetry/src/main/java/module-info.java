import org.jspecify.annotations.NullMarked;

/** Resilience policies as instruments of OpenTelemetry. */
@NullMarked
module io.fairlead.resilience.opentelemetry {
  requires static transitive org.jspecify;
  requires transitive io.fairlead.resilience;
  requires transitive io.opentelemetry.api;
  requires io.opentelemetry.common;

  exports io.fairlead.resilience.opentelemetry;
}
