package io.fairlead.control;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * The secret by which a workload without a certificate proves that it may join. Immutable; it is
 * never logged.
 *
 * <p>It lies in a file with mode 0600: who can read the control plane's data can join.
 */
public final class JoinToken {
  private static final int BYTES = 32;

  private final String value;

  private JoinToken(String value) {
    this.value = value;
  }

  /** Reads the token from the file, or makes one on first use. */
  public static JoinToken open(Path file) throws IOException {
    if (!Files.exists(file)) {
      var bytes = new byte[BYTES];
      new SecureRandom().nextBytes(bytes);
      CertificateAuthority.writeSecret(file, HexFormat.of().formatHex(bytes) + "\n");
    }
    var value = Files.readString(file).strip();
    if (value.length() < BYTES) {
      throw new IOException(file + " must hold a token of at least " + BYTES + " characters");
    }
    return new JoinToken(value);
  }

  /** Compares in a time that does not depend on where the two differ. */
  boolean matches(String candidate) {
    return MessageDigest.isEqual(
        value.getBytes(StandardCharsets.UTF_8), candidate.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public String toString() {
    return "JoinToken[not shown]";
  }
}
