package io.fairlead.proxy.filter;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.proxy.http1.Field;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.loop.Loop;

/**
 * Gives each request an {@code x-request-id} that has none: a random UUID (RFC 9562 section 5.4).
 */
public final class RequestId implements Layer {
  private static final byte[] NAME = "x-request-id: ".getBytes(US_ASCII);
  private static final byte[] DIGITS = "0123456789abcdef".getBytes(US_ASCII);
  private static final int LENGTH = 36;
  private static final long VERSION_4 = 0x4000L;
  private static final long VARIANT = 0x8000_0000_0000_0000L;

  private final byte[][] scratch;

  /**
   * @param loops number of loops
   */
  public RequestId(int loops) {
    scratch = new byte[loops][LENGTH];
  }

  @Override
  public Verdict request(Exchange exchange, Head head) {
    if (head.find(Field.X_REQUEST_ID, 0) < 0) {
      Loop loop = exchange.loop();
      byte[] id = scratch[loop.index()];
      write(loop.random() & ~0xf000L | VERSION_4, loop.random() >>> 2 | VARIANT, id);
      loop.writer().add(NAME, id, 0, LENGTH);
    }
    return Verdict.PASS;
  }

  private static void write(long high, long low, byte[] out) {
    int at = digits(high, 64, 32, out, 0);
    at = digits(high, 32, 16, out, dash(out, at));
    at = digits(high, 16, 0, out, dash(out, at));
    at = digits(low, 64, 48, out, dash(out, at));
    digits(low, 48, 0, out, dash(out, at));
  }

  private static int dash(byte[] out, int at) {
    out[at] = '-';
    return at + 1;
  }

  private static int digits(long value, int fromBit, int toBit, byte[] out, int start) {
    int at = start;
    for (int bit = fromBit - 4; bit >= toBit; bit -= 4) {
      out[at++] = DIGITS[(int) (value >>> bit) & 0xf];
    }
    return at;
  }
}
