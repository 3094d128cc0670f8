package io.fairlead.proxy.grpc;

/** Octets that are no message of protobuf, or not the message that was expected. */
public final class ProtoException extends Exception {
  private static final long serialVersionUID = 1L;

  ProtoException(String message) {
    super(message, null, false, false);
  }
}
