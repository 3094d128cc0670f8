package io.fairlead.proxy.http2;

import io.fairlead.proxy.loop.Loop;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.collection.IntObjectHashMap;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 connection, of a client or to a server (RFC 9113): frames, streams, windows and the
 * bounds on all of them. What it means is the business of its {@link Owner} and its streams. It is
 * the last handler of its channel and belongs to its loop.
 */
public final class Http2Session extends ChannelDuplexHandler {
  /** How long the peer may take to read the last frame and close. */
  private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long DRAIN_PING = 0x6661_6972_6c65_6164L;

  /** Which end of the connection this is. */
  public enum Side {
    SERVER,
    CLIENT
  }

  /** Whoever holds the connection. Called on its loop. */
  public interface Owner {
    /** A client begins a stream; its head follows at once. Servers only. */
    Http2Stream accept();

    /** The peer's settings are known, or have changed. */
    void settled();

    /** The peer takes no new streams. */
    void goingAway();

    /** A stream has ended in whatever way. */
    void ended(Http2Stream stream);

    /** The connection broke, or something in it. */
    void failed(Throwable cause);

    /** The peer has broken a rule or exceeded a bound; the connection or a stream ends for it. */
    default void violated(Http2Error error, String why) {}

    /** The connection has ended or will very soon; its streams have been told. */
    void closed(String why);
  }

  private final Loop loop;
  private final Side side;
  private final Http2Limits limits;
  private final Owner owner;
  private final PeerSettings peer = new PeerSettings();
  private final IntObjectHashMap<Http2Stream> streams = new IntObjectHashMap<>();
  private final FloodGuard floods;
  private final FrameHandler frames;
  private final FrameInput input;
  private final HpackEncoder encoder;
  private final SendQueue queue;
  private @Nullable ChannelHandlerContext context;
  private @Nullable FrameOutput output;
  private boolean closed;
  private boolean draining;
  private int lastPeerStream;
  private int nextStream = 1;
  private int lastAllowedStream = Integer.MAX_VALUE;

  /** A session on a channel to which it is added as the last handler. */
  public Http2Session(Loop loop, Side side, Http2Limits limits, Owner owner) {
    this.loop = loop;
    this.side = side;
    this.limits = limits;
    this.owner = owner;
    Http2Scratch scratch = loop.http2();
    floods = new FloodGuard(limits, loop::nanos);
    frames = new FrameHandler(this, side, floods, scratch);
    input = new FrameInput(scratch.payload, frames);
    encoder = new HpackEncoder(scratch.block);
    queue = new SendQueue(this, floods);
    if (side == Side.SERVER) {
      input.expectPreface();
    }
  }

  // The channel

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
    output = new FrameOutput(loop, added);
  }

  /** Says hello; to be called when the connection, and TLS on it, is there. */
  public void start() {
    if (side == Side.CLIENT) {
      output().octets(FrameInput.PREFACE);
      output()
          .settings(
              PeerSettings.ENABLE_PUSH,
              0,
              PeerSettings.INITIAL_WINDOW_SIZE,
              limits.streamWindowBytes());
    } else {
      output()
          .settings(
              PeerSettings.MAX_CONCURRENT_STREAMS,
              limits.maxStreams(),
              PeerSettings.INITIAL_WINDOW_SIZE,
              limits.streamWindowBytes(),
              PeerSettings.ENABLE_CONNECT_PROTOCOL,
              1,
              PeerSettings.MAX_HEADER_LIST_SIZE,
              loop.http2().strings.length);
    }
    frames.widen(limits.connectionWindowBytes());
  }

  FrameOutput output() {
    FrameOutput present = output;
    if (present == null) {
      throw new IllegalStateException("the session has no channel");
    }
    return present;
  }

  private ChannelHandlerContext context() {
    ChannelHandlerContext present = context;
    if (present == null) {
      throw new IllegalStateException("the session has no channel");
    }
    return present;
  }

  @Override
  public void channelRead(ChannelHandlerContext from, Object message) {
    ByteBuf octets = (ByteBuf) message;
    if (closed) {
      octets.release();
    } else {
      input.read(loop.allocator(), octets);
    }
  }

  @Override
  public void flush(ChannelHandlerContext from) {
    output().emit();
    from.flush();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext from) {
    if (from.channel().isWritable() && !closed) {
      queue.drainReady();
    }
  }

  /** No half of a connection is of use. */
  @Override
  public void userEventTriggered(ChannelHandlerContext from, Object event) {
    if (event instanceof SslCloseCompletionEvent || event instanceof ChannelInputShutdownEvent) {
      from.close();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext from) {
    close(Http2Error.CANCEL, "the connection was closed");
    output().close();
    input.clear();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext from, Throwable cause) {
    owner.failed(cause);
    close(Http2Error.CANCEL, String.valueOf(cause.getMessage()));
    from.close();
  }

  // What the owner asks

  public Loop loop() {
    return loop;
  }

  public Http2Limits limits() {
    return limits;
  }

  /** Streams that are open. */
  public int streams() {
    return streams.size();
  }

  /** The streams that are open, as of now. */
  public List<Http2Stream> openStreams() {
    return new ArrayList<>(streams.values());
  }

  /** Whether the connection has ended, or will as soon as what was written has gone. */
  public boolean isClosed() {
    return closed;
  }

  /** Whether the peer has begun a frame that is not complete, or no frame at all yet. */
  public boolean isExpecting() {
    return frames.isExpecting() || input.isPartial();
  }

  /** Streams that a client may begin now. */
  public int capacity() {
    return closed || draining || frames.awaitsSettings()
        ? 0
        : Math.max(0, Math.min(peer.maxStreams(), limits.maxStreams()) - streams.size());
  }

  /** Whether the server opens other protocols on its streams (RFC 8441 section 3). */
  public boolean extendedConnect() {
    return peer.extendedConnect();
  }

  /** Begins a block of the fields that {@link Http2Stream#sendHead} sends next. */
  public Http2HeadWriter writer() {
    encoder.begin();
    return new Http2HeadWriter(encoder);
  }

  /** Gives a stream of a client its number. */
  public void open(Http2Stream stream) {
    begin(stream, nextStream);
    nextStream += 2;
    draining |= nextStream < 0;
  }

  private void begin(Http2Stream stream, int id) {
    stream.id = id;
    stream.sendWindow = peer.initialWindow();
    stream.receiveWindow = limits.streamWindowBytes();
    streams.put(id, stream);
  }

  /**
   * Takes no new streams: says so, gives streams that are under way to this side a round trip to
   * arrive (RFC 9113 section 6.8), and closes the connection with the last one.
   */
  public void drain() {
    if (draining || closed) {
      return;
    }
    draining = true;
    if (side == Side.SERVER && !frames.awaitsSettings()) {
      output().goAway(Integer.MAX_VALUE, Http2Error.NO_ERROR, "");
      output().ping(DRAIN_PING);
    } else {
      lastCall();
    }
  }

  private void lastCall() {
    lastAllowedStream = lastPeerStream;
    output().goAway(lastPeerStream, Http2Error.NO_ERROR, "");
    closeIfDone();
  }

  private void closeIfDone() {
    boolean lastCalled = lastAllowedStream != Integer.MAX_VALUE || side == Side.CLIENT;
    if (draining && lastCalled && streams.isEmpty() && !closed) {
      close(Http2Error.NO_ERROR, "the connection is done");
      finish();
    }
  }

  /** Ends the connection with everything on it, and tells the peer why. */
  public void broken(Http2Error error, String why) {
    if (closed) {
      return;
    }
    owner.violated(error, why);
    output().goAway(lastPeerStream, error, why);
    close(error, why);
    finish();
  }

  /** Closes after everything is written; what the peer still sends must not undo that. */
  private void finish() {
    Channel channel = context().channel();
    output().emit();
    channel
        .writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(
            written -> {
              boolean plain = channel.pipeline().get(SslHandler.class) == null;
              if (plain && channel instanceof DuplexChannel duplex && duplex.isActive()) {
                duplex.shutdownOutput();
                loop.schedule(channel::close, LINGER_NANOS);
              } else {
                channel.close();
              }
            });
  }

  private void close(Http2Error error, String why) {
    if (closed) {
      return;
    }
    closed = true;
    queue.clear();
    for (Http2Stream stream : openStreams()) {
      streams.remove(stream.id);
      stream.discard();
      stream.broken(error, stream.id > lastAllowedStream);
    }
    owner.closed(why);
  }

  // What the parts of the session ask

  PeerSettings peer() {
    return peer;
  }

  Owner owner() {
    return owner;
  }

  HpackEncoder encoder() {
    return encoder;
  }

  SendQueue queue() {
    return queue;
  }

  FrameHandler frames() {
    return frames;
  }

  boolean isChannelWritable() {
    return context().channel().isWritable();
  }

  @Nullable Http2Stream stream(int id) {
    return streams.get(id);
  }

  int lastPeerStream() {
    return lastPeerStream;
  }

  /** Whether a stream with that number is before the last one that is allowed. */
  boolean mayBegin(int id) {
    return id <= lastAllowedStream;
  }

  /** Whether no stream with that number has been begun yet, or none can be. */
  boolean isIdle(int id) {
    boolean own = side == Side.CLIENT;
    boolean odd = (id & 1) == 1;
    return id == 0 || !odd || (own ? id >= nextStream : id > lastPeerStream);
  }

  /** The client uses a number, with whatever success. */
  void used(int id) {
    lastPeerStream = id;
  }

  /** Begins a stream of the client. */
  Http2Stream accept(int id) {
    Http2Stream stream = owner.accept();
    begin(stream, id);
    return stream;
  }

  void sendHeaders(Http2Stream stream, boolean end) {
    if (stream.closed) {
      return;
    }
    output()
        .headers(stream.id, encoder.block(), encoder.length(), PeerSettings.SMALLEST_FRAME, end);
    if (end) {
      stream.ending = true;
      stream.localEnded = true;
      endIfDone(stream);
    }
  }

  void endIfDone(Http2Stream stream) {
    if (stream.localEnded && stream.remoteEnded && !stream.closed) {
      if (side == Side.CLIENT) {
        floods.answered();
      }
      remove(stream);
    }
  }

  private void remove(Http2Stream stream) {
    streams.remove(stream.id);
    stream.discard();
    owner.ended(stream);
    closeIfDone();
  }

  /** A stream is over by the peer's will. */
  void drop(Http2Stream stream, Http2Error error, boolean untouched) {
    streams.remove(stream.id);
    stream.discard();
    stream.broken(error, untouched);
    owner.ended(stream);
    closeIfDone();
  }

  /** Resets a stream for a fault of the peer. */
  void faulty(Http2Stream stream, Http2Error error) {
    owner.violated(error, "what came on a stream may not stand there");
    reset(stream, error);
    stream.broken(error, false);
    countReset();
  }

  /** A stream has ended by the peer's will or fault. */
  void countReset() {
    if (floods.reset()) {
      broken(Http2Error.ENHANCE_YOUR_CALM, "too many streams were reset");
    }
  }

  void reset(Http2Stream stream, Http2Error error) {
    if (stream.closed) {
      return;
    }
    floods.reset(stream.id);
    if (!closed && stream.id > 0) {
      output().reset(stream.id, error);
    }
    remove(stream);
  }

  void pinged(long opaque) {
    if (opaque == DRAIN_PING && draining && lastAllowedStream == Integer.MAX_VALUE) {
      lastCall();
    }
  }

  /** The peer processes no stream above this one. */
  void goingAway(int last) {
    draining = true;
    if (side == Side.CLIENT) {
      lastAllowedStream = Math.min(lastAllowedStream, last);
      for (Http2Stream stream : openStreams()) {
        if (stream.id > last) {
          drop(stream, Http2Error.REFUSED_STREAM, true);
        }
      }
    }
    owner.goingAway();
    closeIfDone();
  }
}
