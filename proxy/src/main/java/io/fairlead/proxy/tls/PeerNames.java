package io.fairlead.proxy.tls;

import io.fairlead.traffic.StringMatch;
import java.security.cert.CertificateException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which names a certificate that the roots signed may carry. Immutable.
 *
 * @param trustDomain of SPIFFE; empty for peers outside SPIFFE
 * @param identities of which one must match; empty accepts any
 * @see <a href="https://github.com/spiffe/spiffe/blob/main/standards/X509-SVID.md">X.509-SVID</a>
 */
record PeerNames(String trustDomain, List<StringMatch> identities) {
  /** {@code uniformResourceIdentifier} among the general names (RFC 5280 section 4.2.1.6). */
  private static final int URI = 6;

  private static final int KEY_CERT_SIGN = 5;
  private static final int CRL_SIGN = 6;
  private static final int MAX_ID_LENGTH = 2_048;

  PeerNames {
    identities = List.copyOf(identities);
  }

  /** The URIs that the certificate names. */
  static List<String> uris(X509Certificate certificate) throws CertificateParsingException {
    List<String> uris = new ArrayList<>();
    var names = certificate.getSubjectAlternativeNames();
    if (names != null) {
      for (List<?> name : names) {
        if (name.get(0) instanceof Integer kind && kind == URI) {
          uris.add(String.valueOf(name.get(1)));
        }
      }
    }
    return uris;
  }

  /**
   * Who the certificate says its holder is: the SPIFFE identity, or outside SPIFFE the first URI
   * that is wanted, which may be none.
   *
   * @throws PeerRefusedException if it names nobody who is wanted
   */
  Optional<String> identify(X509Certificate leaf) throws CertificateException {
    List<String> uris = uris(leaf);
    if (!trustDomain.isEmpty()) {
      uris = List.of(spiffeId(leaf, uris));
    }
    Optional<String> wanted = uris.stream().filter(this::isWanted).findFirst();
    if (wanted.isEmpty() && !identities.isEmpty()) {
      throw new PeerRefusedException(
          TlsFailure.IDENTITY, "identity: " + uris + " is none of " + identities);
    }
    return wanted;
  }

  /** Whether it can stand in a header field, for what could end one must not. */
  static boolean isPlain(String uri) {
    return uri.chars().allMatch(c -> c > ' ' && c < 0x7f);
  }

  private boolean isWanted(String uri) {
    return isPlain(uri)
        && (identities.isEmpty() || identities.stream().anyMatch(match -> match.matches(uri)));
  }

  private String spiffeId(X509Certificate leaf, List<String> uris) throws PeerRefusedException {
    if (uris.size() != 1) {
      throw new PeerRefusedException(TlsFailure.IDENTITY, "identity: must be one URI, was " + uris);
    }
    String id = uris.getFirst();
    String begin = "spiffe://" + trustDomain + "/";
    if (!id.startsWith(begin) || !isPath(id, begin.length())) {
      throw new PeerRefusedException(
          TlsFailure.IDENTITY, "identity: must begin with " + begin + ", was " + id);
    }
    boolean[] usage = leaf.getKeyUsage();
    boolean signs = usage != null && (usage[KEY_CERT_SIGN] || usage[CRL_SIGN]);
    if (leaf.getBasicConstraints() >= 0 || signs) {
      throw new PeerRefusedException(
          TlsFailure.IDENTITY, "identity: " + id + " is the name of an authority");
    }
    return id;
  }

  /** Whether the rest is segments of letters, digits, dot, dash and underscore, none empty. */
  private static boolean isPath(String id, int from) {
    if (id.length() > MAX_ID_LENGTH) {
      return false;
    }
    int start = from;
    for (int i = from; i <= id.length(); i++) {
      char c = i < id.length() ? id.charAt(i) : '/';
      if (c == '/') {
        String segment = id.substring(start, i);
        if (segment.isEmpty() || segment.equals(".") || segment.equals("..")) {
          return false;
        }
        start = i + 1;
      } else if (!isPathCharacter(c)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isPathCharacter(char c) {
    return c >= 'a' && c <= 'z'
        || c >= 'A' && c <= 'Z'
        || c >= '0' && c <= '9'
        || c == '.'
        || c == '-'
        || c == '_';
  }
}
