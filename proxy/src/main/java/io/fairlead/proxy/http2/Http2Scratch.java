package io.fairlead.proxy.http2;

import io.fairlead.proxy.http1.HeadAssembler;
import io.fairlead.proxy.http1.Http1Limits;
import io.fairlead.proxy.http1.RequestParser;
import io.fairlead.proxy.http1.ResponseParser;

/** What all HTTP/2 connections of a loop share, since only one uses it at a time. */
public final class Http2Scratch {
  /** A block decodes to at most eight fifths of its octets. */
  private static final int MAX_EXPANSION_PERCENT = 160;

  final byte[] payload = new byte[FrameInput.MAX_FRAME];
  final byte[] strings;
  final byte[] block;
  final RequestLines requests;
  final ResponseLines responses;
  final TrailerLines trailers;
  private final RequestParser forwarded;

  /** Scratch for heads within the limits, which end up in the heads of these parsers. */
  public Http2Scratch(
      Http1Limits limits, int addedBytes, RequestParser requestParser, ResponseParser responses) {
    int blockBytes = Math.max(limits.headBytes(), FrameInput.MAX_FRAME);
    strings = new byte[blockBytes * MAX_EXPANSION_PERCENT / 100];
    // Names and values with their lengths, for a head as large as one may become.
    block = new byte[2 * (limits.headBytes() + addedBytes)];
    HeadAssembler assembler = new HeadAssembler(requestParser, responses);
    requests = new RequestLines(assembler);
    this.responses = new ResponseLines(assembler);
    trailers = new TrailerLines(limits.trailerBytes());
    forwarded = new RequestParser(limits);
  }

  /** Parses the heads that the proxy itself has assembled. */
  public RequestParser forwarded() {
    return forwarded;
  }
}
