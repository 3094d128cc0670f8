package io.fairlead.proxy.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.proxy.jwt.VerifiedTokens.Verified;
import org.junit.jupiter.api.Test;

class VerifiedTokensTest {
  private static final Signer SIGNER = Signer.ed25519("key");
  private static final KeySet KEYS = KeySet.parse(Signer.set(SIGNER.jwk("")));

  private final VerifiedTokens tokens = new VerifiedTokens();

  private static Verified verified(String text) {
    Token token = Token.parse(text);
    return new Verified(token, token.claims(), KEYS);
  }

  private static String token(String subject) {
    return SIGNER.token("EdDSA", "{\"iss\":\"idp\",\"sub\":\"" + subject + "\"}");
  }

  @Test
  void keepsWhatWasAskedForLast() {
    String first = token("first");
    tokens.add(first, verified(first));
    for (int i = 1; i < VerifiedTokens.MOST; i++) {
      String next = token("next" + i);
      tokens.add(next, verified(next));
    }
    assertThat(tokens.find(first)).isNotNull();
    String last = token("last");
    tokens.add(last, verified(last));
    assertThat(tokens.find(first)).as("asked for a moment ago").isNotNull();
    assertThat(tokens.find(last)).isNotNull();
    assertThat(tokens.find(token("next1"))).as("asked for longest ago").isNull();
    assertThat(tokens.find(token("next2"))).isNotNull();
  }

  @Test
  void doesNotKeepWhatIsLong() {
    String text = token("x".repeat(VerifiedTokens.MAX_LENGTH));
    tokens.add(text, verified(text));
    assertThat(tokens.find(text)).isNull();
  }
}
