package io.fairlead.control;

import io.fairlead.config.DocumentText;
import io.fairlead.config.Manifest;

/**
 * A document in force. Immutable.
 *
 * @param origin who may change it
 * @param file the file that it came from, for messages
 * @param source its YAML, and where that stands in the file
 */
public record ConfigDocument(Manifest manifest, Origin origin, String file, DocumentText source) {

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

  /** The YAML without what is blank around it. */
  String text() {
    return source.text().strip();
  }

  /** Whether the other says the same, in the same words at the same place. */
  boolean isSame(ConfigDocument other) {
    return this == other
        || (origin == other.origin
            && file.equals(other.file)
            && text().equals(other.text())
            && manifest.equals(other.manifest));
  }
}
