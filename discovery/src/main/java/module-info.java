import org.jspecify.annotations.NullMarked;

/** The client side of the registry: instances, the catalog and its watches, self-registration. */
@NullMarked
module io.fairlead.discovery {
  requires static transitive org.jspecify;
  requires com.fasterxml.jackson.core;
  requires java.net.http;

  exports io.fairlead.discovery;
}
