import org.jspecify.annotations.NullMarked;

/** Resilience policies around the publishers of Project Reactor. */
@NullMarked
module io.fairlead.resilience.reactor {
  requires static transitive org.jspecify;
  requires transitive io.fairlead.resilience;
  requires transitive org.reactivestreams;
  requires transitive reactor.core;

  exports io.fairlead.resilience.reactor;
}
