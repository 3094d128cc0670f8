package io.fairlead.proxy.tls;

import java.security.GeneralSecurityException;

/** A secret cannot be used; the message names its field and what is wrong. */
final class SecretException extends GeneralSecurityException {
  private static final long serialVersionUID = 1;

  SecretException(String message, Throwable cause) {
    super(message, cause);
  }
}
