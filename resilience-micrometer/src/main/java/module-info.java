import org.jspecify.annotations.NullMarked;

/** Resilience policies as meters of Micrometer. */
@NullMarked
module io.fairlead.resilience.micrometer {
  requires static transitive org.jspecify;
  requires transitive io.fairlead.resilience;
  requires transitive micrometer.core;

  exports io.fairlead.resilience.micrometer;
}
