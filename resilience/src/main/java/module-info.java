import org.jspecify.annotations.NullMarked;

/** Resilience policies as pure state machines, for threads, servers and proxies alike. */
@NullMarked
module io.fairlead.resilience {
  requires static transitive org.jspecify;

  exports io.fairlead.resilience;
}
