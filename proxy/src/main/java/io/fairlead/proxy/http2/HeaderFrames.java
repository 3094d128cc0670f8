package io.fairlead.proxy.http2;

import io.fairlead.proxy.http1.Fault;
import io.fairlead.proxy.http2.Http2Session.Side;
import org.jspecify.annotations.Nullable;

/**
 * Makes heads and trailers of HEADERS and CONTINUATION frames (RFC 9113 sections 6.2, 6.10 and 8).
 * Belongs to its connection.
 */
final class HeaderFrames {
  private final Http2Session session;
  private final Side side;
  private final FloodGuard floods;
  private final Http2Scratch scratch;
  private final HeaderBlocks blocks;

  HeaderFrames(Http2Session session, Side side, FloodGuard floods, Http2Scratch scratch) {
    this.session = session;
    this.side = side;
    this.floods = floods;
    this.scratch = scratch;
    blocks = new HeaderBlocks(scratch);
  }

  /** Whether a block has begun whose end has not come. */
  boolean isOpen() {
    return blocks.isOpen();
  }

  /** Whether a frame other than the next one of the block may not come now. */
  boolean isInterrupted(int type, int stream) {
    return blocks.isOpen() && (type != FrameType.CONTINUATION || stream != blocks.id);
  }

  void headers(int flags, int id, byte[] payload, int length) {
    int from = 0;
    int to = length;
    if ((flags & FrameType.PADDED) != 0) {
      from = 1;
      to -= length > 0 ? payload[0] & 0xff : 1;
    }
    boolean selfDependent = false;
    if ((flags & FrameType.WITH_PRIORITY) != 0) {
      selfDependent = to - from >= 5 && FrameHandler.dependency(payload, from) == id;
      from += 5;
    }
    if (id == 0 || from > to) {
      session.broken(Http2Error.PROTOCOL_ERROR, "a HEADERS frame is malformed");
      return;
    }
    blocks.open(id, (flags & FrameType.END_STREAM) != 0, selfDependent);
    append(flags, payload, from, to);
  }

  void continuation(int flags, int id, byte[] payload, int length) {
    if (!blocks.isOpen() || id != blocks.id) {
      session.broken(Http2Error.PROTOCOL_ERROR, "a CONTINUATION frame continues nothing");
      return;
    }
    append(flags, payload, 0, length);
  }

  private void append(int flags, byte[] payload, int from, int to) {
    boolean end = (flags & FrameType.END_HEADERS) != 0;
    if (!blocks.append(payload, from, to)) {
      session.broken(Http2Error.ENHANCE_YOUR_CALM, "a header block is too large");
    } else if (end) {
      block();
    }
  }

  /** A header block is complete. */
  private void block() {
    int id = blocks.id;
    boolean end = blocks.endsStream;
    Http2Stream stream = session.stream(id);
    if (stream == null && side == Side.SERVER) {
      stream = accept(id);
      if (session.isClosed()) {
        return;
      }
    }
    HeaderBlocks.Kind kind =
        stream == null
            ? HeaderBlocks.Kind.IGNORED
            : side == Side.SERVER
                ? stream.remoteEnded || stream.headed
                    ? HeaderBlocks.Kind.TRAILERS
                    : HeaderBlocks.Kind.REQUEST
                : stream.headed ? HeaderBlocks.Kind.TRAILERS : HeaderBlocks.Kind.RESPONSE;
    if (stream == null && side == Side.CLIENT && session.isIdle(id)) {
      session.broken(Http2Error.PROTOCOL_ERROR, "stream " + id + " was not opened");
      return;
    }
    boolean refused = blocks.isRefused();
    count(stream, refused);
    if (session.isClosed()) {
      return;
    }
    if (!blocks.decode(kind)) {
      session.broken(Http2Error.COMPRESSION_ERROR, "a header block cannot be decompressed");
    } else if (stream == null) {
      if (refused) {
        session.output().reset(id, Http2Error.REFUSED_STREAM);
      }
    } else if (stream.remoteEnded) {
      session.faulty(stream, Http2Error.STREAM_CLOSED);
    } else if (blocks.isMalformed() || kind == HeaderBlocks.Kind.TRAILERS && !end) {
      session.faulty(stream, Http2Error.PROTOCOL_ERROR);
    } else {
      deliver(stream, kind, end);
    }
  }

  /** A head for a stream that is closed brings nothing; one that is refused counts elsewhere. */
  private void count(@Nullable Http2Stream stream, boolean refused) {
    if (stream != null) {
      floods.usefulFrame();
    } else if (!refused) {
      session.frames().idle();
    }
  }

  private void deliver(Http2Stream stream, HeaderBlocks.Kind kind, boolean end) {
    stream.remoteEnded = end;
    if (kind == HeaderBlocks.Kind.TRAILERS) {
      stream.ended(scratch.trailers.lines());
    } else {
      Fault fault = blocks.finish(kind, end);
      if (blocks.isMalformed()) {
        session.faulty(stream, Http2Error.PROTOCOL_ERROR);
        return;
      }
      stream.headed = kind == HeaderBlocks.Kind.REQUEST || !blocks.isInformational();
      stream.head(fault, end);
    }
    session.endIfDone(stream);
  }

  /** A new stream of the client, or null if its head is only to be decompressed. */
  private @Nullable Http2Stream accept(int id) {
    if ((id & 1) == 0) {
      session.broken(Http2Error.PROTOCOL_ERROR, "streams of clients have odd numbers");
      return null;
    }
    if (id <= session.lastPeerStream()) {
      if (!floods.wasReset(id)) {
        session.broken(Http2Error.STREAM_CLOSED, "stream " + id + " is closed");
      }
      return null;
    }
    if (!session.mayBegin(id)) {
      return null;
    }
    session.used(id);
    if (session.streams() >= session.limits().maxStreams()) {
      blocks.refuse();
      floods.reset(id);
      session.countReset();
      return null;
    }
    return session.accept(id);
  }
}
