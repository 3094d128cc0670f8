package io.fairlead.xds;

/** A resource that cannot be understood; the message says which field and why. */
public final class DecodeException extends RuntimeException {
  private static final long serialVersionUID = 1;

  DecodeException(String message) {
    super(message);
  }
}
