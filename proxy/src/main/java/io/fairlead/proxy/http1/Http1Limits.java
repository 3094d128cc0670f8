package io.fairlead.proxy.http1;

/**
 * The bounds on what one HTTP/1 message may take. Immutable.
 *
 * @param headBytes start line and fields together, 512 to 1 MiB; beyond: 431
 * @param targetBytes the request target, 64 to {@code headBytes}; beyond: 414
 * @param fields field lines of a head or trailer section, 1 to 10,000; beyond: 431
 * @param trailerBytes the trailer section and, counted apart, all chunk extensions of a body
 */
public record Http1Limits(int headBytes, int targetBytes, int fields, int trailerBytes) {
  public Http1Limits {
    within("headBytes", headBytes, 512, 1 << 20);
    within("targetBytes", targetBytes, 64, headBytes);
    within("fields", fields, 1, 10_000);
    within("trailerBytes", trailerBytes, 0, 1 << 20);
  }

  /** 32 KiB of head with a target of at most 8 KiB and 100 fields, 8 KiB of trailer. */
  public static Http1Limits defaults() {
    return new Http1Limits(32 << 10, 8 << 10, 100, 8 << 10);
  }

  private static void within(String field, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          field + ": must be " + min + " to " + max + ", was " + value);
    }
  }
}
