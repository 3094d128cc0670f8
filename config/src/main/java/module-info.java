import org.jspecify.annotations.NullMarked;

/** The configuration language: kinds, their YAML form, and every fault at once. */
@NullMarked
module io.fairlead.config {
  requires static transitive org.jspecify;
  requires transitive io.fairlead.resilience;
  requires transitive re2j;
  requires org.snakeyaml.engine.v2;

  exports io.fairlead.config;
}
