package io.fairlead.control;

import io.fairlead.config.Manifest;

/**
 * A document in force. Immutable.
 *
 * @param origin who may change it
 * @param file the file that it came from, for messages
 * @param text its YAML
 */
public record ConfigDocument(Manifest manifest, Origin origin, String file, String text) {

  /** Who may change a document. */
  public enum Origin {
    /** The watched directory. */
    DIRECTORY,
    /** The API. */
    API
  }

  Manifest.Id id() {
    return manifest.id();
  }
}
