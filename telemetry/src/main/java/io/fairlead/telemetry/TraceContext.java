package io.fairlead.telemetry;

import java.util.function.LongSupplier;

/**
 * Where a call stands in its trace: what is propagated from hop to hop. Immutable, equal by value.
 *
 * <p>A 64-bit trace id of B3 is the low half with a high half of zero.
 *
 * @param traceIdHigh upper 64 bits of the trace id
 * @param traceIdLow lower 64 bits of the trace id; not both halves are zero
 * @param spanId the span that is or was under way; not zero
 * @param parentSpanId the span above it; zero if there is none or it is not known
 * @param flags {@link #SAMPLED}, {@link #RANDOM}, {@link #DEFERRED} and {@link #DEBUG}, added up
 * @param traceState the vendors' entries of W3C {@code tracestate} as received; empty if none
 */
public record TraceContext(
    long traceIdHigh,
    long traceIdLow,
    long spanId,
    long parentSpanId,
    int flags,
    String traceState) {
  /** The spans of this trace are recorded (W3C trace-flags bit 0). */
  public static final int SAMPLED = 1;

  /** The low 56 bits of the trace id are random (W3C trace-flags bit 1, level 2). */
  public static final int RANDOM = 2;

  /** Nobody has decided yet whether to record (B3 without a sampling state). */
  public static final int DEFERRED = 4;

  /** Record whatever any sampler says (B3 debug); comes with {@link #SAMPLED}. */
  public static final int DEBUG = 8;

  private static final int ALL = SAMPLED | RANDOM | DEFERRED | DEBUG;

  public TraceContext {
    if (traceIdHigh == 0 && traceIdLow == 0) {
      throw new IllegalArgumentException("trace id: must not be zero");
    }
    if (spanId == 0) {
      throw new IllegalArgumentException("spanId: must not be zero");
    }
    boolean decidedTwice = (flags & DEFERRED) != 0 && (flags & (SAMPLED | DEBUG)) != 0;
    boolean debugUnsampled = (flags & (SAMPLED | DEBUG)) == DEBUG;
    if ((flags & ~ALL) != 0 || decidedTwice || debugUnsampled) {
      throw new IllegalArgumentException(
          "flags: must be SAMPLED, DEBUG with SAMPLED, or DEFERRED, each with or without RANDOM,"
              + " was "
              + flags);
    }
    if (traceState.length() > TraceState.MAX_LENGTH) {
      throw new IllegalArgumentException(
          "traceState: must be at most "
              + TraceState.MAX_LENGTH
              + " characters, was "
              + traceState.length());
    }
  }

  /** A new trace with random ids; the sampler decides, and bits 0 and 1 are set accordingly. */
  public static TraceContext root(LongSupplier random, Sampler sampler) {
    long high = notZero(random);
    long low = notZero(random);
    int flags = RANDOM | (sampler.sampled(high, low) ? SAMPLED : 0);
    return new TraceContext(high, low, notZero(random), 0, flags, "");
  }

  /** A new span below this one in the same trace. */
  public TraceContext child(LongSupplier random) {
    return new TraceContext(traceIdHigh, traceIdLow, notZero(random), spanId, flags, traceState);
  }

  /** This context with a decision: the one it came with, or the sampler's if it was deferred. */
  public TraceContext decided(Sampler sampler) {
    if (!deferred()) {
      return this;
    }
    int decision = sampler.sampled(traceIdHigh, traceIdLow) ? SAMPLED : 0;
    return withFlags(flags & ~DEFERRED | decision);
  }

  /** This context with other flags. */
  public TraceContext withFlags(int flags) {
    return new TraceContext(traceIdHigh, traceIdLow, spanId, parentSpanId, flags, traceState);
  }

  /** This context with another state; one that {@link TraceState#checked} has passed. */
  public TraceContext withTraceState(String traceState) {
    return new TraceContext(traceIdHigh, traceIdLow, spanId, parentSpanId, flags, traceState);
  }

  /** Whether the spans of this trace are recorded. */
  public boolean sampled() {
    return (flags & SAMPLED) != 0;
  }

  /** Whether nobody has decided yet. */
  public boolean deferred() {
    return (flags & DEFERRED) != 0;
  }

  /** Whether the caller asked to record whatever any sampler says. */
  public boolean debug() {
    return (flags & DEBUG) != 0;
  }

  /** The trace id in 32 digits. */
  public String traceIdText() {
    return Hex.text(traceIdHigh, traceIdLow);
  }

  /** The span id in 16 digits. */
  public String spanIdText() {
    return Hex.text(spanId);
  }

  /** The parent's span id in 16 digits, of zeros if there is none. */
  public String parentSpanIdText() {
    return Hex.text(parentSpanId);
  }

  private static long notZero(LongSupplier random) {
    long id = random.getAsLong();
    // Zero is invalid and comes up never in practice; a broken source shall not hang the call.
    return id == 0 ? 1 : id;
  }
}
