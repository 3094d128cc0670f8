import org.jspecify.annotations.NullMarked;

/** The traffic model: what a data plane must know, whoever tells it. */
@NullMarked
module io.fairlead.traffic {
  requires static transitive org.jspecify;
  requires transitive io.fairlead.config;
  requires transitive io.fairlead.discovery;
  requires transitive io.fairlead.resilience;

  exports io.fairlead.traffic;
}
