package io.fairlead.traces;

import java.util.HexFormat;
import java.util.Optional;

/**
 * Names a trace: 128 bits, never all zero (W3C Trace Context, section 3.2.2.3). Immutable.
 *
 * @param high the first 8 bytes
 * @param low the last 8 bytes
 */
public record TraceId(long high, long low) {
  private static final int DIGITS = 32;
  private static final int SHORT_DIGITS = 16;

  public TraceId {
    if (high == 0 && low == 0) {
      throw new IllegalArgumentException("trace id: must not be all zero");
    }
  }

  /**
   * Reads 32 hexadecimal digits, or 16 for the 64-bit ids of older B3 clients.
   *
   * @return empty if the text is no trace id
   */
  public static Optional<TraceId> parse(String text) {
    if (text.length() != DIGITS && text.length() != SHORT_DIGITS) {
      return Optional.empty();
    }
    try {
      int middle = text.length() - SHORT_DIGITS;
      long high = middle == 0 ? 0 : HexFormat.fromHexDigitsToLong(text, 0, middle);
      long low = HexFormat.fromHexDigitsToLong(text, middle, text.length());
      return high == 0 && low == 0 ? Optional.empty() : Optional.of(new TraceId(high, low));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** 32 lower-case hexadecimal digits. */
  @Override
  public String toString() {
    return HexFormat.of().toHexDigits(high) + HexFormat.of().toHexDigits(low);
  }
}
