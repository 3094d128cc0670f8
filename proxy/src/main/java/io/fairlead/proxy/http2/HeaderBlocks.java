package io.fairlead.proxy.http2;

import io.fairlead.proxy.http1.Fault;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Puts the header blocks of a connection together from their frames and has them decompressed.
 * Belongs to its connection.
 */
final class HeaderBlocks {
  /** A block may come in this many frames (CVE-2024-27316). */
  private static final int MAX_FRAMES = 64;

  private static final byte[] EMPTY = {};
  private static final int TABLE_SIZE = 4_096;

  /** What a block is. */
  enum Kind {
    REQUEST,
    RESPONSE,
    TRAILERS,
    /** Nobody wants it, but it may change the table. */
    IGNORED
  }

  private final Http2Scratch scratch;
  private final HpackDecoder decoder;
  private final int maxBytes;
  private boolean open;
  private boolean refused;
  private boolean selfDependent;
  private boolean malformed;
  private int frames;
  private byte[] block = EMPTY;
  private int length;

  /** The stream of the block, and whether the stream ends with it. */
  int id;

  boolean endsStream;

  HeaderBlocks(Http2Scratch scratch) {
    this.scratch = scratch;
    decoder = new HpackDecoder(TABLE_SIZE, scratch.strings);
    maxBytes = scratch.strings.length * 5 / 8;
  }

  void open(int stream, boolean ends, boolean dependsOnItself) {
    id = stream;
    endsStream = ends;
    selfDependent = dependsOnItself;
    refused = false;
    open = true;
    frames = 0;
    length = 0;
  }

  /** Whether a block has begun whose end has not come. */
  boolean isOpen() {
    return open;
  }

  /** Takes a part; false if the block is too large. */
  boolean append(byte[] payload, int from, int to) {
    int more = to - from;
    if (++frames > MAX_FRAMES || more > maxBytes - length) {
      return false;
    }
    if (block.length < length + more) {
      block = Arrays.copyOf(block, Math.max(length + more, 2 * block.length));
    }
    System.arraycopy(payload, from, block, length, more);
    length += more;
    return true;
  }

  /** The stream of the block gets no place. */
  void refuse() {
    refused = true;
  }

  boolean isRefused() {
    return refused;
  }

  /** Decompresses the block; false if the connection is of no use any more. */
  boolean decode(Kind kind) {
    open = false;
    boolean decoded =
        switch (kind) {
          case REQUEST -> {
            scratch.requests.begin();
            yield decoder.decode(block, 0, length, scratch.requests);
          }
          case RESPONSE -> {
            scratch.responses.begin();
            yield decoder.decode(block, 0, length, scratch.responses);
          }
          case TRAILERS -> {
            scratch.trailers.begin();
            yield decoder.decode(block, 0, length, scratch.trailers);
          }
          case IGNORED -> decoder.decode(block, 0, length, line -> {});
        };
    malformed = selfDependent || isMalformed(kind);
    return decoded;
  }

  private boolean isMalformed(Kind kind) {
    return switch (kind) {
      case REQUEST -> scratch.requests.isMalformed();
      case RESPONSE -> scratch.responses.isMalformed();
      case TRAILERS -> scratch.trailers.isMalformed();
      case IGNORED -> false;
    };
  }

  /** Whether the block may not stand, whatever its values. */
  boolean isMalformed() {
    return malformed;
  }

  /** Ends a head; the fault is one that it can be answered with. */
  @Nullable Fault finish(Kind kind, boolean end) {
    Fault fault =
        kind == Kind.REQUEST ? scratch.requests.finish(end) : scratch.responses.finish(end);
    malformed |= isMalformed(kind);
    return fault;
  }

  boolean isInformational() {
    return scratch.responses.isInformational();
  }
}
