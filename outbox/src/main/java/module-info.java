import org.jspecify.annotations.NullMarked;

/** A durable queue for work that cannot be done now. */
@NullMarked
module io.fairlead.outbox {
  requires static transitive org.jspecify;
  requires transitive io.fairlead.resilience;
  requires transitive java.sql;

  exports io.fairlead.outbox;
}
