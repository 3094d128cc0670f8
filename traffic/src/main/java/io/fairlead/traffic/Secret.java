package io.fairlead.traffic;

/** Key material under a name. Immutable; the private key never appears in {@code toString}. */
public sealed interface Secret extends Resource {

  /**
   * A certificate with its key.
   *
   * @param chainPem leaf first, PEM
   * @param keyPem PKCS #8, PEM
   */
  record Certificate(String name, String chainPem, String keyPem) implements Secret {
    public Certificate {
      Resource.requireName(name);
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
