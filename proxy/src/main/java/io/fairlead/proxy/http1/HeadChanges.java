package io.fairlead.proxy.http1;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.List;
import java.util.Locale;

/**
 * Fields that are taken out of a head and put into it, made ready once: the changes of a route cost
 * a search for each name that goes and one copy for all that comes. Immutable.
 */
public final class HeadChanges {
  /** Changes nothing. */
  public static final HeadChanges NONE = new HeadChanges(List.of(), List.of());

  private final byte[][] dropped;
  private final byte[] added;

  /**
   * @param dropped names whose lines go
   * @param added lines that come, {@code name: value} without CR LF
   */
  public HeadChanges(List<String> dropped, List<String> added) {
    this.dropped =
        dropped.stream()
            .map(name -> name.toLowerCase(Locale.ROOT).getBytes(ISO_8859_1))
            .toArray(byte[][]::new);
    StringBuilder lines = new StringBuilder();
    added.forEach(line -> lines.append(line).append("\r\n"));
    this.added = lines.toString().getBytes(ISO_8859_1);
  }

  /** Octets that it adds to a head. */
  public int addedBytes() {
    return added.length;
  }

  /** Makes the changes. */
  public void apply(Head head, HeadWriter writer) {
    for (byte[] name : dropped) {
      head.dropAll(name);
    }
    if (added.length > 0) {
      writer.add(added);
    }
  }
}
