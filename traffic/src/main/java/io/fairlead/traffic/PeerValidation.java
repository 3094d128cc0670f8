package io.fairlead.traffic;

import java.util.List;

/**
 * What a peer's certificate must prove. Immutable.
 *
 * @param roots name of the {@link Secret.Validation} whose roots must have signed it
 * @param identities URI subject alternative names of which one must be present; empty accepts any
 *     identity that the roots signed
 * @see <a href="https://github.com/spiffe/spiffe/blob/main/standards/X509-SVID.md">X.509-SVID</a>
 */
public record PeerValidation(String roots, List<StringMatch> identities) {
  public PeerValidation {
    if (roots.isEmpty()) {
      throw new IllegalArgumentException("roots: must not be empty");
    }
    identities = List.copyOf(identities);
  }
}
