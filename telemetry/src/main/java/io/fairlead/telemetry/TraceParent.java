package io.fairlead.telemetry;

import org.jspecify.annotations.Nullable;

/**
 * W3C {@code traceparent} (Trace Context Level 1 and 2, section 3.2), on bytes so that a proxy
 * reads and writes it in its buffers. Stateless; only {@link #parse} allocates, and only what it
 * returns.
 *
 * <p>{@code 00-<32 digits trace id>-<16 digits parent id>-<2 digits flags>}, lower case. A later
 * version may be longer and is read as far as this one goes; version {@code ff} is invalid. Of the
 * flags sampled and random are known, others are dropped, as version 00 demands.
 */
public final class TraceParent {
  /** The name of the header. */
  public static final String NAME = "traceparent";

  /** The length of what {@link #write} writes. */
  public static final int LENGTH = 55;

  private static final int TRACE_ID = 3;
  private static final int SPAN_ID = 36;
  private static final int FLAGS = 53;
  private static final int KNOWN_FLAGS = TraceContext.SAMPLED | TraceContext.RANDOM;

  private TraceParent() {}

  /** The context of the caller, or null if the header is invalid; then a new trace starts. */
  public static @Nullable TraceContext parse(byte[] bytes, int offset, int length) {
    if (!valid(bytes, offset, length)) {
      return null;
    }
    return new TraceContext(
        traceIdHigh(bytes, offset),
        traceIdLow(bytes, offset),
        spanId(bytes, offset),
        0,
        flags(bytes, offset),
        "");
  }

  /** As {@link #parse(byte[], int, int)}. */
  public static @Nullable TraceContext parse(String header) {
    byte[] bytes = Hex.bytes(header);
    return parse(bytes, 0, bytes.length);
  }

  /** Whether the header is valid. */
  public static boolean valid(byte[] bytes, int offset, int length) {
    return length >= LENGTH
        && validVersion(bytes, offset, length)
        && bytes[offset + 2] == '-'
        && bytes[offset + 35] == '-'
        && bytes[offset + 52] == '-'
        && Hex.valid(bytes, offset + TRACE_ID, 32)
        && Hex.valid(bytes, offset + SPAN_ID, 16)
        && Hex.valid(bytes, offset + FLAGS, 2)
        && (traceIdHigh(bytes, offset) | traceIdLow(bytes, offset)) != 0
        && spanId(bytes, offset) != 0;
  }

  /** Upper half of the trace id of a valid header. */
  public static long traceIdHigh(byte[] bytes, int offset) {
    return Hex.read(bytes, offset + TRACE_ID, 16);
  }

  /** Lower half of the trace id of a valid header. */
  public static long traceIdLow(byte[] bytes, int offset) {
    return Hex.read(bytes, offset + TRACE_ID + 16, 16);
  }

  /** The caller's span id in a valid header. */
  public static long spanId(byte[] bytes, int offset) {
    return Hex.read(bytes, offset + SPAN_ID, 16);
  }

  /** The known flags of a valid header, as in {@link TraceContext#flags()}. */
  public static int flags(byte[] bytes, int offset) {
    return (int) Hex.read(bytes, offset + FLAGS, 2) & KNOWN_FLAGS;
  }

  /** Writes the header's value, which is {@link #LENGTH} bytes, and gives the offset after it. */
  public static int write(TraceContext context, byte[] bytes, int offset) {
    return write(
        context.traceIdHigh(),
        context.traceIdLow(),
        context.spanId(),
        context.flags(),
        bytes,
        offset);
  }

  /**
   * As {@link #write(TraceContext, byte[], int)}, for who has no need of a context.
   *
   * @param traceIdHigh upper half of the trace id; not both halves are zero
   * @param spanId not zero
   * @param flags as in {@link TraceContext#flags()}
   */
  public static int write(
      long traceIdHigh, long traceIdLow, long spanId, int flags, byte[] bytes, int offset) {
    int at = offset;
    bytes[at++] = '0';
    bytes[at++] = '0';
    bytes[at++] = '-';
    at = Hex.write(traceIdHigh, 16, bytes, at);
    at = Hex.write(traceIdLow, 16, bytes, at);
    bytes[at++] = '-';
    at = Hex.write(spanId, 16, bytes, at);
    bytes[at++] = '-';
    return Hex.write(flags & KNOWN_FLAGS, 2, bytes, at);
  }

  /** The header's value. */
  public static String text(TraceContext context) {
    var bytes = new byte[LENGTH];
    write(context, bytes, 0);
    return Hex.ascii(bytes, LENGTH);
  }

  private static boolean validVersion(byte[] bytes, int offset, int length) {
    if (!Hex.valid(bytes, offset, 2)) {
      return false;
    }
    return switch ((int) Hex.read(bytes, offset, 2)) {
      case 0 -> length == LENGTH;
      case 0xff -> false;
      default -> length == LENGTH || bytes[offset + LENGTH] == '-';
    };
  }
}
