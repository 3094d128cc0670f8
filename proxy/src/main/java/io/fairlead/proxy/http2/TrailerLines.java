package io.fairlead.proxy.http2;

import java.util.Arrays;

/**
 * Collects a trailer section as HTTP/1.1 lines. Fields that a proxy itself acts on count in the
 * head only, so they are left out (RFC 9110 section 6.5.1). One per event loop, used again.
 */
final class TrailerLines implements HpackDecoder.Sink {
  private final int maxBytes;
  private byte[] octets = new byte[256];
  private int length;
  private boolean malformed;

  TrailerLines(int maxBytes) {
    this.maxBytes = maxBytes;
  }

  void begin() {
    length = 0;
    malformed = false;
  }

  @Override
  public void line(HeaderLine line) {
    switch (line.kind) {
      case REGULAR, COOKIE -> {
        if (line.field == null) {
          add(line.octets);
        }
      }
      case METHOD, SCHEME, PATH, AUTHORITY, PROTOCOL, STATUS, TE, MALFORMED -> malformed = true;
    }
  }

  private void add(byte[] line) {
    malformed |= line.length > maxBytes - length;
    if (malformed) {
      return;
    }
    if (line.length > octets.length - length) {
      octets = Arrays.copyOf(octets, Math.max(octets.length * 2, length + line.length));
    }
    System.arraycopy(line, 0, octets, length, line.length);
    length += line.length;
  }

  /** Whether there is something that no trailer may hold, or more than the bound. */
  boolean isMalformed() {
    return malformed;
  }

  /** The lines, each with CR LF; empty if none is left. */
  byte[] lines() {
    return Arrays.copyOf(octets, length);
  }
}
