package io.fairlead.registry;

import java.nio.file.Path;

/**
 * Where and how large the embedded store is. Immutable.
 *
 * @param file the database file; its write-ahead log lies beside it
 * @param maxBytes most that the database may take; a write beyond is refused like a full disk
 */
public record SqliteSettings(Path file, long maxBytes) {
  private static final long MIN_BYTES = 64 << 10;

  public SqliteSettings {
    if (maxBytes < MIN_BYTES) {
      throw new IllegalArgumentException(
          "maxBytes: must be at least " + MIN_BYTES + ", was " + maxBytes);
    }
  }

  /** At most 4 GiB. */
  public static SqliteSettings of(Path file) {
    return new SqliteSettings(file, 4L << 30);
  }
}
