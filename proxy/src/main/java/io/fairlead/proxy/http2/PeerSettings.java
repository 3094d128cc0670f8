package io.fairlead.proxy.http2;

import io.fairlead.proxy.http2.Http2Session.Side;

/** What the peer of a connection has said of itself (RFC 9113 section 6.5.2). */
final class PeerSettings {
  static final int HEADER_TABLE_SIZE = 1;
  static final int ENABLE_PUSH = 2;
  static final int MAX_CONCURRENT_STREAMS = 3;
  static final int INITIAL_WINDOW_SIZE = 4;
  static final int MAX_FRAME_SIZE = 5;
  static final int MAX_HEADER_LIST_SIZE = 6;

  /** RFC 8441 section 3. */
  static final int ENABLE_CONNECT_PROTOCOL = 8;

  /** The window of connections and streams before anybody has said otherwise. */
  static final int DEFAULT_WINDOW = 65_535;

  /** Every peer takes frames of this size; larger ones would only make other streams wait. */
  static final int SMALLEST_FRAME = 16_384;

  private static final int LARGEST_FRAME = (1 << 24) - 1;

  private int tableSize = 4_096;
  private int maxStreams = Integer.MAX_VALUE;
  private int initialWindow = DEFAULT_WINDOW;
  private boolean extendedConnect;

  /** Takes the settings of a frame; anything but {@code NO_ERROR} ends the connection. */
  Http2Error update(byte[] payload, int length, Side side) {
    for (int at = 0; at < length; at += 6) {
      int id = (payload[at] & 0xff) << 8 | payload[at + 1] & 0xff;
      long value = FrameHandler.integer(payload, at + 2) & 0xffff_ffffL;
      Http2Error error = set(id, value, side);
      if (error != Http2Error.NO_ERROR) {
        return error;
      }
    }
    return Http2Error.NO_ERROR;
  }

  private Http2Error set(int id, long value, Side side) {
    switch (id) {
      case HEADER_TABLE_SIZE -> tableSize = bounded(value);
      case ENABLE_PUSH -> {
        if (value > (side == Side.SERVER ? 1 : 0)) {
          return Http2Error.PROTOCOL_ERROR;
        }
      }
      case MAX_CONCURRENT_STREAMS -> maxStreams = bounded(value);
      case INITIAL_WINDOW_SIZE -> {
        if (value > Integer.MAX_VALUE) {
          return Http2Error.FLOW_CONTROL_ERROR;
        }
        initialWindow = (int) value;
      }
      case MAX_FRAME_SIZE -> {
        if (value < SMALLEST_FRAME || value > LARGEST_FRAME) {
          return Http2Error.PROTOCOL_ERROR;
        }
      }
      case ENABLE_CONNECT_PROTOCOL -> {
        if (value > 1) {
          return Http2Error.PROTOCOL_ERROR;
        }
        extendedConnect = value == 1;
      }
      default -> {
        // Unknown settings are ignored, and the size of header lists is only advice.
      }
    }
    return Http2Error.NO_ERROR;
  }

  private static int bounded(long value) {
    return (int) Math.min(value, Integer.MAX_VALUE);
  }

  int tableSize() {
    return tableSize;
  }

  int maxStreams() {
    return maxStreams;
  }

  /** Whether a server opens other protocols on its streams. */
  boolean extendedConnect() {
    return extendedConnect;
  }

  int initialWindow() {
    return initialWindow;
  }
}
