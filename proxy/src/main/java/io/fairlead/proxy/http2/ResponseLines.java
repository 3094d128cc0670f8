package io.fairlead.proxy.http2;

import io.fairlead.proxy.http1.Fault;
import io.fairlead.proxy.http1.HeadAssembler;
import org.jspecify.annotations.Nullable;

/**
 * Makes the head of an answer of the fields of a header block (RFC 9113 section 8.3.2). One per
 * event loop, used again for each answer.
 */
final class ResponseLines implements HpackDecoder.Sink {

  private final HeadAssembler assembler;
  private int status;
  private boolean malformed;

  ResponseLines(HeadAssembler assembler) {
    this.assembler = assembler;
  }

  void begin() {
    status = 0;
    malformed = false;
  }

  @Override
  public void line(HeaderLine line) {
    switch (line.kind) {
      case STATUS -> status(line);
      case REGULAR, COOKIE -> {
        malformed |= status == 0;
        if (!malformed) {
          assembler.line(line.octets, 0, line.octets.length, line.nameLength, line.field);
        }
      }
      case METHOD, SCHEME, PATH, AUTHORITY, PROTOCOL, TE, MALFORMED -> malformed = true;
    }
  }

  private void status(HeaderLine line) {
    malformed |= status != 0 || line.valueLength() != 3;
    if (malformed) {
      return;
    }
    for (int i = line.valueFrom(); i < line.valueTo(); i++) {
      int digit = line.octets[i] - '0';
      malformed |= digit < 0 || digit > 9;
      status = status * 10 + digit;
    }
    malformed |= status < 100 || status > 599 || status == 101;
    if (!malformed) {
      assembler.beginResponse(status);
    }
  }

  /** Whether another head follows this one (RFC 9110 section 15.2). */
  boolean isInformational() {
    return status < 200;
  }

  /** Whether the fields make no answer, whatever their values. */
  boolean isMalformed() {
    return malformed;
  }

  /**
   * Ends the head.
   *
   * @param end whether no body follows
   * @return what is wrong with it, or null; means something unless it is malformed
   */
  @Nullable Fault finish(boolean end) {
    malformed |= status == 0 || end && status < 200;
    if (malformed) {
      return null;
    }
    if (!end && status >= 200 && Http2HeadWriter.needsChunks(assembler.head())) {
      assembler.chunked();
    }
    return assembler.finishResponse();
  }
}
