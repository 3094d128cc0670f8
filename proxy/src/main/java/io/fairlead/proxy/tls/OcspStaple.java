package io.fairlead.proxy.tls;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What an authority says of one certificate (RFC 6960 section 4.2.1), for clients that ask for it
 * in the handshake (RFC 6066 section 8). Only what a server must know of it is read: whose it is,
 * and until when it holds; its signature is the client's business. Immutable.
 */
final class OcspStaple {
  private static final int SEQUENCE = 0x30;
  private static final int ENUMERATED = 0x0a;
  private static final int OBJECT_ID = 0x06;
  private static final int OCTETS = 0x04;
  private static final int INTEGER = 0x02;
  private static final int TIME = 0x18;

  /** An explicit tag of the context: 0, and so on. */
  private static final int TAGGED = 0xa0;

  /** id-pkix-ocsp-basic, 1.3.6.1.5.5.7.48.1.1. */
  private static final byte[] BASIC = {0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1};

  private static final DateTimeFormatter TIME_FORM =
      DateTimeFormatter.ofPattern("uuuuMMddHHmmss'Z'", Locale.ROOT);

  private final byte[] der;
  private final @Nullable Instant nextUpdate;

  private OcspStaple(byte[] der, @Nullable Instant nextUpdate) {
    this.der = der;
    this.nextUpdate = nextUpdate;
  }

  /**
   * Reads a response about one certificate.
   *
   * @param base64 of its DER form
   * @param serial the number of the certificate
   * @throws SecretException if it is none
   */
  static OcspStaple read(String base64, BigInteger serial) throws SecretException {
    try {
      return read(Base64.getDecoder().decode(base64), serial);
    } catch (IllegalArgumentException e) {
      throw new SecretException(
          "ocspStaple: must be an OCSP response about the certificate: " + e.getMessage(), e);
    }
  }

  private static OcspStaple read(byte[] der, BigInteger serial) {
    ByteBuffer response = only(ByteBuffer.wrap(der), SEQUENCE);
    ByteBuffer status = next(response, ENUMERATED);
    if (status.remaining() != 1 || status.get() != 0) {
      throw new IllegalArgumentException("its authority has not answered");
    }
    ByteBuffer body = only(only(response, TAGGED), SEQUENCE);
    byte[] kind = octets(next(body, OBJECT_ID));
    if (!Arrays.equals(kind, BASIC)) {
      throw new IllegalArgumentException("it is not of the basic type");
    }
    ByteBuffer data = next(only(only(body, OCTETS), SEQUENCE), SEQUENCE);
    if (peek(data) == TAGGED) {
      next(data, TAGGED);
    }
    // Who answers, by name or by key, and when.
    next(data, peek(data));
    next(data, TIME);
    ByteBuffer single = only(next(data, SEQUENCE), SEQUENCE);
    ByteBuffer certificate = next(single, SEQUENCE);
    next(certificate, SEQUENCE);
    next(certificate, OCTETS);
    next(certificate, OCTETS);
    if (!integer(next(certificate, INTEGER)).equals(serial)) {
      throw new IllegalArgumentException("it is about another one");
    }
    // Whether it is good, and since when that is known.
    next(single, peek(single));
    next(single, TIME);
    Instant until = peek(single) == TAGGED ? time(only(next(single, TAGGED), TIME)) : null;
    return new OcspStaple(der, until);
  }

  /** The content of the next element, which must have that tag. */
  private static ByteBuffer next(ByteBuffer in, int tag) {
    if (in.remaining() < 2 || (in.get() & 0xff) != tag) {
      throw new IllegalArgumentException("its form is broken");
    }
    int length = in.get() & 0xff;
    if (length > 0x80) {
      int count = length - 0x80;
      if (count > 3 || in.remaining() < count) {
        throw new IllegalArgumentException("its form is broken");
      }
      length = 0;
      for (int i = 0; i < count; i++) {
        length = length << 8 | in.get() & 0xff;
      }
    } else if (length == 0x80) {
      throw new IllegalArgumentException("its form is not DER");
    }
    if (length > in.remaining()) {
      throw new IllegalArgumentException("it is cut short");
    }
    ByteBuffer content = in.slice(in.position(), length);
    in.position(in.position() + length);
    return content;
  }

  /** The content of an element with nothing behind it. */
  private static ByteBuffer only(ByteBuffer in, int tag) {
    ByteBuffer content = next(in, tag);
    if (in.hasRemaining()) {
      throw new IllegalArgumentException("it holds more than one answer");
    }
    return content;
  }

  private static int peek(ByteBuffer in) {
    return in.hasRemaining() ? in.get(in.position()) & 0xff : -1;
  }

  private static byte[] octets(ByteBuffer content) {
    byte[] octets = new byte[content.remaining()];
    content.get(octets);
    return octets;
  }

  private static BigInteger integer(ByteBuffer content) {
    if (!content.hasRemaining()) {
      throw new IllegalArgumentException("it names no certificate");
    }
    return new BigInteger(octets(content));
  }

  private static Instant time(ByteBuffer content) {
    try {
      return LocalDateTime.parse(new String(octets(content), US_ASCII), TIME_FORM)
          .toInstant(ZoneOffset.UTC);
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("a time in it is broken", e);
    }
  }

  /** Whether clients should still take it; one that names no end is replaced all the time. */
  boolean isFresh(Instant now) {
    return nextUpdate != null && now.isBefore(nextUpdate);
  }

  /** What is sent, not to be changed. */
  byte[] der() {
    return der;
  }
}
