package io.fairlead.proxy.http1;

import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the end of a body in the octets as they come, without copying or changing them, and checks
 * the chunk framing (RFC 9112 section 7.1) so strictly that the next hop cannot read it another
 * way. One per connection and direction, used again for each message; belongs to its event loop.
 */
public final class BodyReader {
  /** The octets break a rule; {@link #fault()} says which. */
  public static final int FAULTY = -1;

  /** Fifteen digits keep the size far inside a long. */
  private static final int MAX_SIZE_DIGITS = 15;

  private static final int NAME_OCTETS = 32;

  private static final byte[] NO_OCTETS = {};

  private enum State {
    SIZE,
    EXTENSION,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILER_LINE,
    TRAILER_NAME,
    TRAILER_VALUE,
    TRAILER_LF,
    LAST_LF,
    COMPLETE
  }

  /** Receives the place of each run of data octets, which chunk framing surrounds. */
  public interface DataSink {
    /**
     * A run of data.
     *
     * @param index where it begins in the buffer that is being read
     * @param length its octets, above 0
     */
    void data(int index, int length);
  }

  private final Http1Limits limits;
  private Framing framing = Framing.NONE;
  private State state = State.COMPLETE;
  private long left;
  private int digits;
  private int extensionOctets;
  private int trailerOctets;
  private int trailerFields;
  private int nameLength;
  private byte @Nullable [] name;
  private @Nullable ByteArrayOutputStream trailers;
  private @Nullable Fault fault;

  public BodyReader(Http1Limits limits) {
    this.limits = limits;
  }

  /** Stands where the other one stands, and goes on by itself. */
  private BodyReader(BodyReader other) {
    limits = other.limits;
    framing = other.framing;
    state = other.state;
    left = other.left;
    digits = other.digits;
    extensionOctets = other.extensionOctets;
    trailerOctets = other.trailerOctets;
    trailerFields = other.trailerFields;
    nameLength = other.nameLength;
    name = other.name == null ? null : other.name.clone();
  }

  /** Begins a body; {@code length} counts for {@link Framing#LENGTH} only. */
  public void start(Framing framing, long length) {
    this.framing = framing;
    fault = null;
    digits = extensionOctets = trailerOctets = trailerFields = 0;
    left = framing == Framing.LENGTH ? length : 0;
    state =
        switch (framing) {
          case NONE -> State.COMPLETE;
          case LENGTH -> length == 0 ? State.COMPLETE : State.DATA;
          case CHUNKED -> State.SIZE;
          case UNTIL_CLOSE -> State.DATA;
        };
  }

  /** Has the trailer section kept for {@link #trailers}. */
  public void keepTrailers() {
    trailers = new ByteArrayOutputStream(0);
  }

  /** The lines of the trailer section of a complete body, with CR LF each; if they are kept. */
  public byte[] trailers() {
    return trailers == null ? NO_OCTETS : trailers.toByteArray();
  }

  /** Whether the last octet of the body was read. */
  public boolean isComplete() {
    return state == State.COMPLETE;
  }

  /** The sender closed the connection; completes a body that ends so. */
  public void closed() {
    if (framing == Framing.UNTIL_CLOSE) {
      state = State.COMPLETE;
    }
  }

  public Framing framing() {
    return framing;
  }

  /** Octets that are missing of a body whose length is known, else {@link Long#MAX_VALUE}. */
  public long left() {
    if (isComplete()) {
      return 0;
    }
    return framing == Framing.LENGTH ? left : Long.MAX_VALUE;
  }

  public Fault fault() {
    Fault found = fault;
    if (found == null) {
      throw new IllegalStateException("the body has no fault");
    }
    return found;
  }

  /** Whether the body goes on behind these octets, which are not read. */
  public boolean lacks(ByteBuf in) {
    if (framing == Framing.LENGTH) {
      return left > in.readableBytes();
    }
    BodyReader ahead = new BodyReader(this);
    return ahead.read(in) >= 0 && !ahead.isComplete();
  }

  /** {@link #read(ByteBuf)} of what follows the first {@code skip} octets, a head. */
  public int readBehind(ByteBuf in, int skip) {
    if (isComplete() || in.readableBytes() == skip) {
      return 0;
    }
    in.skipBytes(skip);
    int count = read(in);
    in.readerIndex(in.readerIndex() - skip);
    return count;
  }

  /** {@link #read(ByteBuf, DataSink)} for whoever sends the framing on as it is. */
  public int read(ByteBuf in) {
    return read(in, null);
  }

  /**
   * Reads from the reader index, which stays where it is.
   *
   * @param sink told of each run of data, or null
   * @return how many of the readable octets belong to this body, or {@link #FAULTY}
   */
  public int read(ByteBuf in, @Nullable DataSink sink) {
    int from = in.readerIndex();
    int readable = in.readableBytes();
    return switch (framing) {
      case NONE -> 0;
      case UNTIL_CLOSE -> state == State.COMPLETE ? 0 : data(from, readable, sink);
      case LENGTH -> {
        int taken = data(from, (int) Math.min(left, readable), sink);
        left -= taken;
        state = left == 0 ? State.COMPLETE : state;
        yield taken;
      }
      case CHUNKED -> {
        int end = chunks(in, from, from + readable, sink);
        yield end < 0 ? FAULTY : end - from;
      }
    };
  }

  private static int data(int from, int length, @Nullable DataSink sink) {
    if (sink != null && length > 0) {
      sink.data(from, length);
    }
    return length;
  }

  private int chunks(ByteBuf in, int from, int to, @Nullable DataSink sink) {
    int at = from;
    while (at < to && state != State.COMPLETE) {
      if (state == State.DATA) {
        int taken = data(at, (int) Math.min(left, to - at), sink);
        left -= taken;
        at += taken;
        state = left == 0 ? State.DATA_CR : State.DATA;
        continue;
      }
      Fault found = step(in.getByte(at++));
      if (found != null) {
        fault = found;
        return FAULTY;
      }
    }
    return at;
  }

  private @Nullable Fault step(byte octet) {
    return switch (state) {
      case SIZE -> size(octet);
      case EXTENSION -> extension(octet);
      case SIZE_LF -> {
        state = left == 0 ? State.TRAILER_LINE : State.DATA;
        digits = 0;
        yield octet == Octets.LF ? null : Fault.CHUNK_SIZE;
      }
      case DATA_CR -> {
        state = State.DATA_LF;
        yield octet == Octets.CR ? null : Fault.CHUNK_END;
      }
      case DATA_LF -> {
        state = State.SIZE;
        yield octet == Octets.LF ? null : Fault.CHUNK_END;
      }
      case TRAILER_LINE, TRAILER_NAME, TRAILER_VALUE, TRAILER_LF -> trailer(octet);
      case LAST_LF -> {
        state = State.COMPLETE;
        yield octet == Octets.LF ? null : Fault.TRAILER;
      }
      case DATA, COMPLETE -> throw new IllegalStateException("no framing in " + state);
    };
  }

  private @Nullable Fault size(byte octet) {
    int digit = Octets.hex(octet);
    if (digit >= 0) {
      left = digits == 0 ? digit : left << 4 | digit;
      return ++digits > MAX_SIZE_DIGITS ? Fault.CHUNK_SIZE : null;
    }
    if (digits == 0) {
      return Fault.CHUNK_SIZE;
    }
    if (octet == ';') {
      state = State.EXTENSION;
      return null;
    }
    state = State.SIZE_LF;
    return octet == Octets.CR ? null : Fault.CHUNK_SIZE;
  }

  private @Nullable Fault extension(byte octet) {
    if (octet == Octets.CR) {
      state = State.SIZE_LF;
      return null;
    }
    boolean allowed = Octets.is(octet, Octets.VALUE) && ++extensionOctets <= limits.trailerBytes();
    return allowed ? null : Fault.CHUNK_EXTENSION;
  }

  private @Nullable Fault trailer(byte octet) {
    if (state == State.TRAILER_LINE && octet == Octets.CR) {
      state = State.LAST_LF;
      return null;
    }
    if (++trailerOctets > limits.trailerBytes()) {
      return Fault.TRAILER_TOO_LARGE;
    }
    if (trailers != null) {
      trailers.write(octet);
    }
    switch (state) {
      case TRAILER_LINE -> {
        nameLength = 0;
        state = State.TRAILER_NAME;
        return ++trailerFields > limits.fields() ? Fault.TRAILER_TOO_LARGE : nameOctet(octet);
      }
      case TRAILER_NAME -> {
        return nameOctet(octet);
      }
      case TRAILER_VALUE -> {
        state = octet == Octets.CR ? State.TRAILER_LF : State.TRAILER_VALUE;
        return octet == Octets.CR || Octets.is(octet, Octets.VALUE) ? null : Fault.TRAILER;
      }
      default -> {
        state = State.TRAILER_LINE;
        return octet == Octets.LF ? null : Fault.TRAILER;
      }
    }
  }

  /** A field that the proxy itself acts on counts in the head only. */
  private @Nullable Fault nameOctet(byte octet) {
    byte[] octets = name;
    if (octets == null) {
      octets = new byte[NAME_OCTETS];
      name = octets;
    }
    if (octet == ':') {
      state = State.TRAILER_VALUE;
      boolean known = nameLength <= NAME_OCTETS && Field.of(octets, 0, nameLength) != null;
      return nameLength == 0 || known ? Fault.TRAILER : null;
    }
    if (nameLength < NAME_OCTETS) {
      octets[nameLength] = octet;
    }
    nameLength++;
    return Octets.is(octet, Octets.TOKEN) ? null : Fault.TRAILER;
  }
}
