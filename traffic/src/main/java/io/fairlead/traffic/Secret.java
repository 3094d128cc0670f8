package io.fairlead.traffic;

import java.util.Optional;

/** Key material under a name. Immutable; the private key never appears in {@code toString}. */
public sealed interface Secret extends Resource {

  /**
   * A certificate with its key.
   *
   * @param chainPem leaf first, PEM
   * @param keyPem PKCS #8, PEM
   * @param ocspStaple what its authority says of the leaf: an OCSP response (RFC 6960), DER in
   *     Base64
   */
  record Certificate(String name, String chainPem, String keyPem, Optional<String> ocspStaple)
      implements Secret {
    public Certificate {
      Resource.requireName(name);
      ocspStaple = ocspStaple.filter(base64 -> !base64.isEmpty());
    }

    /** Without a word of its authority. */
    public Certificate(String name, String chainPem, String keyPem) {
      this(name, chainPem, keyPem, Optional.empty());
    }

    @Override
    public String toString() {
      return "Certificate[name=" + name + ", keyPem=(not shown)]";
    }
  }

  /**
   * Roots that sign the certificates of peers.
   *
   * @param rootsPem one or more certificates, PEM
   * @param trustDomain the SPIFFE trust domain of the peers; empty for peers outside SPIFFE
   */
  record Validation(String name, String rootsPem, String trustDomain) implements Secret {
    public Validation {
      Resource.requireName(name);
    }
  }
}
