package io.fairlead.proxy.http2;

import io.fairlead.proxy.http2.Http2Session.Side;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Does what the frames of a peer ask for, after checking that they may (RFC 9113 sections 5 and 6).
 * Belongs to its connection.
 */
final class FrameHandler implements FrameInput.Frames {
  private static final int MAX_CONTROLS_WAITING = 10_000;

  private final Http2Session session;
  private final Side side;
  private final FloodGuard floods;
  private final HeaderFrames headers;
  private final PeerSettings peer;
  private boolean awaitsSettings = true;
  private int receiveWindow = PeerSettings.DEFAULT_WINDOW;
  private int uncredited;
  private @Nullable Http2Stream dataStream;
  private int dataLength;
  private int dataIgnored;
  private boolean dataEnds;

  FrameHandler(Http2Session session, Side side, FloodGuard floods, Http2Scratch scratch) {
    this.session = session;
    this.side = side;
    this.floods = floods;
    headers = new HeaderFrames(session, side, floods, scratch);
    peer = session.peer();
  }

  /** Whether the peer has yet to say who it is, or the rest of a head. */
  boolean isExpecting() {
    return awaitsSettings || headers.isOpen();
  }

  boolean awaitsSettings() {
    return awaitsSettings;
  }

  /** Lets the peer send so much at once on the whole connection. */
  void widen(int octets) {
    int more = octets - receiveWindow;
    if (more > 0) {
      session.output().windowUpdate(0, more);
      receiveWindow += more;
    }
  }

  @Override
  public boolean isClosed() {
    return session.isClosed();
  }

  @Override
  public void broken(Http2Error error, String why) {
    session.broken(error, why);
  }

  @Override
  public void frame(int type, int flags, int stream, byte[] payload, int length) {
    boolean expected = !awaitsSettings || type == FrameType.SETTINGS && (flags & 1) == 0;
    if (!expected || headers.isInterrupted(type, stream)) {
      broken(Http2Error.PROTOCOL_ERROR, "a frame of type " + type + " may not stand here");
      return;
    }
    switch (type) {
      case FrameType.HEADERS -> headers.headers(flags, stream, payload, length);
      case FrameType.PRIORITY -> priority(stream, payload, length);
      case FrameType.RST_STREAM -> peerReset(stream, payload, length);
      case FrameType.SETTINGS -> settings(flags, stream, payload, length);
      case FrameType.PUSH_PROMISE ->
          broken(Http2Error.PROTOCOL_ERROR, "nothing may be pushed here");
      case FrameType.PING -> ping(flags, stream, payload, length);
      case FrameType.GOAWAY -> goAway(stream, payload, length);
      case FrameType.WINDOW_UPDATE -> windowUpdate(stream, payload, length);
      case FrameType.CONTINUATION -> headers.continuation(flags, stream, payload, length);
      default -> idle();
    }
  }

  /** A frame that brings nothing came. */
  void idle() {
    boundIdle(floods.idleFrame());
  }

  private void boundIdle(boolean tooMany) {
    if (tooMany || session.output().controls() > MAX_CONTROLS_WAITING) {
      broken(Http2Error.ENHANCE_YOUR_CALM, "too many frames that bring nothing");
    }
  }

  static int dependency(byte[] payload, int from) {
    return integer(payload, from) & Integer.MAX_VALUE;
  }

  static int integer(byte[] octets, int from) {
    return (octets[from] & 0xff) << 24
        | (octets[from + 1] & 0xff) << 16
        | (octets[from + 2] & 0xff) << 8
        | octets[from + 3] & 0xff;
  }

  private void priority(int id, byte[] payload, int length) {
    idle();
    if (isClosed()) {
      return;
    }
    if (id == 0) {
      broken(Http2Error.PROTOCOL_ERROR, "a PRIORITY frame belongs to a stream");
    } else if (length != 5) {
      streamFault(id, Http2Error.FRAME_SIZE_ERROR);
    } else if (dependency(payload, 0) == id) {
      streamFault(id, Http2Error.PROTOCOL_ERROR);
    }
  }

  /** A fault that concerns one stream, which may not be open. */
  private void streamFault(int id, Http2Error error) {
    Http2Stream stream = session.stream(id);
    if (stream != null) {
      session.faulty(stream, error);
    } else {
      session.output().reset(id, error);
      session.countReset();
    }
  }

  private void peerReset(int id, byte[] payload, int length) {
    if (length != 4) {
      broken(Http2Error.FRAME_SIZE_ERROR, "a RST_STREAM frame has 4 octets");
    } else if (session.isIdle(id)) {
      broken(Http2Error.PROTOCOL_ERROR, "stream " + id + " was not opened");
    } else {
      Http2Stream stream = session.stream(id);
      Http2Error error = Http2Error.of(integer(payload, 0) & 0xffff_ffffL);
      boolean whole = stream == null || stream.remoteEnded;
      if (stream != null) {
        session.drop(stream, error, error == Http2Error.REFUSED_STREAM);
      }
      if (side == Side.SERVER || !whole) {
        session.countReset();
      } else {
        // The rest of a request is not wanted, or the stream is gone: an endpoint may say so.
        idle();
      }
    }
  }

  private void settings(int flags, int id, byte[] payload, int length) {
    boolean ack = (flags & FrameType.ACK) != 0;
    if (id != 0) {
      broken(Http2Error.PROTOCOL_ERROR, "settings belong to the connection");
    } else if (ack ? length != 0 : length % 6 != 0) {
      broken(Http2Error.FRAME_SIZE_ERROR, "a SETTINGS frame is malformed");
    } else if (!ack) {
      int before = peer.initialWindow();
      Http2Error error = peer.update(payload, length, side);
      if (error != Http2Error.NO_ERROR) {
        broken(error, "a setting is out of its range");
        return;
      }
      session.encoder().tableSize(peer.tableSize());
      awaitsSettings = false;
      session.output().settingsAck();
      idle();
      shiftWindows(peer.initialWindow() - before);
      if (!isClosed()) {
        session.owner().settled();
      }
    }
  }

  private void shiftWindows(int by) {
    if (by == 0 || isClosed()) {
      return;
    }
    for (Http2Stream stream : session.openStreams()) {
      long shifted = (long) stream.sendWindow + by;
      if (shifted > Integer.MAX_VALUE) {
        broken(Http2Error.FLOW_CONTROL_ERROR, "a window exceeds its bound");
        return;
      }
      stream.sendWindow = (int) shifted;
      session.queue().drain(stream);
    }
  }

  private void ping(int flags, int id, byte[] payload, int length) {
    if (id != 0) {
      broken(Http2Error.PROTOCOL_ERROR, "a ping belongs to the connection");
    } else if (length != 8) {
      broken(Http2Error.FRAME_SIZE_ERROR, "a PING frame has 8 octets");
    } else {
      long opaque = (long) integer(payload, 0) << 32 | integer(payload, 4) & 0xffff_ffffL;
      if ((flags & FrameType.ACK) == 0) {
        session.output().pingAck(opaque);
        idle();
      } else {
        session.pinged(opaque);
        idle();
      }
    }
  }

  private void goAway(int id, byte[] payload, int length) {
    if (id != 0 || length < 8) {
      broken(
          id != 0 ? Http2Error.PROTOCOL_ERROR : Http2Error.FRAME_SIZE_ERROR,
          "a GOAWAY frame is malformed");
      return;
    }
    idle();
    if (!isClosed()) {
      session.goingAway(integer(payload, 0) & Integer.MAX_VALUE);
    }
  }

  private void windowUpdate(int id, byte[] payload, int length) {
    if (length != 4) {
      broken(Http2Error.FRAME_SIZE_ERROR, "a WINDOW_UPDATE frame has 4 octets");
      return;
    }
    int increment = integer(payload, 0) & Integer.MAX_VALUE;
    if (id == 0) {
      if (!session.queue().isWaiting()) {
        boundIdle(floods.windowUpdate());
      }
      if (!isClosed() && !session.queue().grow(increment)) {
        broken(
            increment == 0 ? Http2Error.PROTOCOL_ERROR : Http2Error.FLOW_CONTROL_ERROR,
            "the connection's window may not grow by " + increment);
      }
      return;
    }
    Http2Stream stream = session.stream(id);
    if (stream == null) {
      if (session.isIdle(id)) {
        broken(Http2Error.PROTOCOL_ERROR, "stream " + id + " was not opened");
      } else {
        boundIdle(floods.windowUpdate());
      }
    } else if (increment == 0) {
      session.faulty(stream, Http2Error.PROTOCOL_ERROR);
    } else if ((long) stream.sendWindow + increment > Integer.MAX_VALUE) {
      session.faulty(stream, Http2Error.FLOW_CONTROL_ERROR);
    } else {
      if (!stream.isPending()) {
        boundIdle(floods.windowUpdate());
      }
      stream.sendWindow += increment;
      session.queue().drain(stream);
    }
  }

  @Override
  public void dataBegins(int id, int length, int flags) {
    if (awaitsSettings || headers.isOpen() || session.isIdle(id)) {
      broken(Http2Error.PROTOCOL_ERROR, "data may not stand here");
      return;
    }
    if (length > receiveWindow) {
      broken(Http2Error.FLOW_CONTROL_ERROR, "more data than the connection's window");
      return;
    }
    receiveWindow -= length;
    boolean end = (flags & FrameType.END_STREAM) != 0;
    dataEnds = end;
    dataLength = length;
    dataIgnored = 0;
    Http2Stream stream = session.stream(id);
    if (stream == null) {
      if (side == Side.SERVER && session.mayBegin(id) && !floods.wasReset(id)) {
        broken(Http2Error.STREAM_CLOSED, "stream " + id + " is closed");
      }
    } else if (stream.remoteEnded) {
      session.faulty(stream, Http2Error.STREAM_CLOSED);
      stream = null;
    } else if (length > stream.receiveWindow) {
      session.faulty(stream, Http2Error.FLOW_CONTROL_ERROR);
      stream = null;
    } else if (side == Side.CLIENT && !stream.headed) {
      session.faulty(stream, Http2Error.PROTOCOL_ERROR);
      stream = null;
    } else {
      stream.receiveWindow -= length;
    }
    dataStream = stream;
  }

  @Override
  public void data(ByteBuf octets) {
    Http2Stream stream = dataStream;
    if (stream == null || stream.closed) {
      dataIgnored += octets.readableBytes();
      octets.release();
    } else {
      stream.data(octets);
    }
  }

  @Override
  public void dataEnds(int padding) {
    Http2Stream stream = dataStream;
    dataStream = null;
    countData(stream, padding);
    creditConnection(dataIgnored);
    if (stream == null || stream.closed) {
      creditConnection(padding);
      return;
    }
    stream.consumed(padding);
    if (dataEnds) {
      stream.remoteEnded = true;
      stream.ended(new byte[0]);
      session.endIfDone(stream);
    }
  }

  /** Padding alone brings nothing, and data of a stream that is closed neither. */
  private void countData(@Nullable Http2Stream stream, int padding) {
    if (stream == null) {
      if (floods.ignored(dataLength)) {
        broken(Http2Error.ENHANCE_YOUR_CALM, "too much data for streams that are closed");
      }
    } else if (dataLength == padding && !dataEnds) {
      idle();
    } else {
      floods.usefulFrame();
    }
  }

  /** Octets of any stream have been used. */
  void creditConnection(int octets) {
    uncredited += octets;
    if (uncredited >= session.limits().connectionWindowBytes() / 2 && !isClosed()) {
      session.output().windowUpdate(0, uncredited);
      receiveWindow += uncredited;
      uncredited = 0;
    }
  }
}
