package io.fairlead.proxy.http2;

/** The error codes of RFC 9113 section 7; the ordinal is the code. */
public enum Http2Error {
  NO_ERROR,
  PROTOCOL_ERROR,
  INTERNAL_ERROR,
  FLOW_CONTROL_ERROR,
  SETTINGS_TIMEOUT,
  STREAM_CLOSED,
  FRAME_SIZE_ERROR,
  REFUSED_STREAM,
  CANCEL,
  COMPRESSION_ERROR,
  CONNECT_ERROR,
  ENHANCE_YOUR_CALM,
  INADEQUATE_SECURITY,
  HTTP_1_1_REQUIRED;

  private static final Http2Error[] ALL = values();

  int code() {
    return ordinal();
  }

  /** The error with that code; unknown codes count as internal errors. */
  static Http2Error of(long code) {
    return code >= 0 && code < ALL.length ? ALL[(int) code] : INTERNAL_ERROR;
  }
}
