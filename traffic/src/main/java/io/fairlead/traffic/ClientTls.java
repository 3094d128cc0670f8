package io.fairlead.traffic;

/**
 * TLS towards the endpoints of a cluster. Immutable.
 *
 * @param certificate name of the {@link Secret.Certificate} that is presented; empty presents none
 * @param server how the server's certificate is checked
 * @param serverName sent as SNI (RFC 6066 section 3); empty sends none
 */
public record ClientTls(String certificate, PeerValidation server, String serverName) {
  /** The same with another certificate, or one at all. */
  public ClientTls withCertificate(String other) {
    return new ClientTls(other, server, serverName);
  }
}
