package io.fairlead.discovery;

/** A running watch. Closing it ends the calls to its listener; closing twice does nothing. */
public interface CatalogWatch extends AutoCloseable {
  @Override
  void close();
}
