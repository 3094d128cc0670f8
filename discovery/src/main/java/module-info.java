import org.jspecify.annotations.NullMarked;

/** The client side of the registry: instances, the catalog and its watches, self-registration. */
@NullMarked
module io.fairlead.discovery {
  requires static transitive org.jspecify;

  exports io.fairlead.discovery;
}
