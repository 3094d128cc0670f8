package io.fairlead.proxy.jwt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Random;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenTest {
  private static final Signer RSA = Signer.rsa("rsa");
  private static final Signer P256 = Signer.ec("p256", "secp256r1");
  private static final Signer P384 = Signer.ec("p384", "secp384r1");
  private static final Signer ED = Signer.ed25519("ed");
  private static final KeySet KEYS =
      KeySet.parse(Signer.set(RSA.jwk(""), P256.jwk(""), P384.jwk(""), ED.jwk("")));
  private static final String CLAIMS = "{\"iss\":\"idp\",\"sub\":\"ann\"}";

  private static Signer signer(String name) {
    return switch (name) {
      case "rsa" -> RSA;
      case "p256" -> P256;
      case "p384" -> P384;
      default -> ED;
    };
  }

  private static boolean verifies(KeySet keys, String text) {
    Token token = Token.parse(text);
    return keys.verify(token.keyId(), token.algorithm(), token.signed(), token.signature());
  }

  @ParameterizedTest
  @CsvSource({
    "rsa, RS256",
    "rsa, RS384",
    "rsa, RS512",
    "rsa, PS256",
    "rsa, PS384",
    "rsa, PS512",
    "p256, ES256",
    "p384, ES384",
    "ed, EdDSA"
  })
  void everyAlgorithmIsVerifiedAndNothingElseIs(String key, String algorithm) {
    String token = signer(key).token(algorithm, CLAIMS);
    assertThat(verifies(KEYS, token)).isTrue();
    String other = Signer.base64(CLAIMS.replace("ann", "bob").getBytes(UTF_8));
    String[] parts = token.split("\\.");
    assertThat(verifies(KEYS, parts[0] + "." + other + "." + parts[2])).isFalse();
    assertThat(verifies(KEYS, parts[0] + "." + parts[1] + ".")).isFalse();
    assertThat(verifies(KeySet.parse(Signer.set(Signer.rsa(key).jwk(""))), token)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "None", "HS256", "HS512", "ES512", "RS1", "rs256", ""})
  void algorithmThatIsNoneOfOursIsRefused(String algorithm) {
    String header = "{\"alg\":\"" + algorithm + "\"}";
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Token.parse(RSA.token(header, "RS256", CLAIMS)))
        .withMessage("the token's algorithm is not accepted");
  }

  @Test
  void publicKeyIsNoSecret() throws GeneralSecurityException {
    String head = "{\"alg\":\"HS256\",\"kid\":\"rsa\"}";
    String signed =
        Signer.base64(head.getBytes(UTF_8)) + "." + Signer.base64(CLAIMS.getBytes(UTF_8));
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(RSA.publicKey(), "HmacSHA256"));
    String token = signed + "." + Signer.base64(mac.doFinal(signed.getBytes(UTF_8)));
    assertThatIllegalArgumentException().isThrownBy(() -> Token.parse(token));
  }

  @Test
  void keyIsOnlyForItsOwnKindAlgorithmAndUse() {
    String rs256 = RSA.token("RS256", CLAIMS);
    assertThat(verifies(KeySet.parse(Signer.set(RSA.jwk("\"alg\":\"RS256\","))), rs256)).isTrue();
    assertThat(verifies(KeySet.parse(Signer.set(RSA.jwk("\"alg\":\"PS256\","))), rs256)).isFalse();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> KeySet.parse(Signer.set(RSA.jwk("\"use\":\"enc\","))));
    String confused = P256.token("{\"alg\":\"RS256\",\"kid\":\"p256\"}", "ES256", CLAIMS);
    assertThat(verifies(KEYS, confused)).isFalse();
    String unnamed = ED.token("{\"alg\":\"EdDSA\"}", "EdDSA", CLAIMS);
    assertThat(verifies(KEYS, unnamed)).as("a token without id tries all keys").isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"exp\":1000}|1059|",
        "{\"exp\":1000}|1060|the token has expired",
        "{\"exp\":\"never\"}|1|the token has expired",
        "{\"nbf\":1000}|940|",
        "{\"nbf\":1000}|939|the token is not valid yet",
        "{\"nbf\":null}|2000|the token is not valid yet",
        "{\"aud\":\"shop\"}|1|",
        "{\"aud\":[\"a\",\"shop\"]}|1|",
        "{\"aud\":\"other\"}|1|the token is for another audience",
        "{}|1|the token is for another audience"
      })
  void timeAndAudienceMustFit(String claims, long now, String fault) {
    boolean audience = claims.contains("aud") || claims.equals("{}");
    Token token = Token.parse(ED.token("EdDSA", claims));
    assertThat(token.fault(audience ? List.of("shop") : List.of(), now)).isEqualTo(fault);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a.b",
        "a.b.c.d",
        "..",
        "e30.e30.",
        "e30=.e30.x",
        "!.e30.x",
        "eyJhbGciOiJSUzI1NiIsImNyaXQiOlsiYiJdfQ.e30.x",
        "eyJhbGciOiJSUzI1NiIsImFsZyI6Im5vbmUifQ.e30.x"
      })
  void whatIsNoTokenIsRefused(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> Token.parse(text));
  }

  @Test
  void randomTextsAreRefusedAndNothingElseIsThrown() {
    long seed = Long.getLong("fairlead.seed", System.nanoTime());
    var random = new Random(seed);
    String good = ED.token("EdDSA", "{\"a\":[1,2.5e3,true,null,{\"b\":\"\\u00e9\\n\"}]}");
    assertThat(verifies(KEYS, good)).isTrue();
    int refused = 0;
    for (int i = 0; i < 20_000; i++) {
      var text = new StringBuilder(good);
      for (int change = random.nextInt(3); change >= 0; change--) {
        text.setCharAt(random.nextInt(text.length()), (char) (' ' + random.nextInt(96)));
      }
      try {
        boolean verified = verifies(KEYS, text.toString());
        assertThat(verified && !text.toString().equals(good))
            .as("seed %d: %s", seed, text)
            .isFalse();
      } catch (IllegalArgumentException expected) {
        refused++;
      }
    }
    assertThat(refused).isPositive();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "{}x",
        "{\"a\":01}",
        "{\"a\":1,}",
        "{'a':1}",
        "{\"a\":1,\"a\":2}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12g4\"}",
        "{\"a\":tru}",
        "{\"a\"}"
      })
  void whatIsNoJsonIsRefused(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> JsonReader.object(text));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> JsonReader.object("{\"a\":" + "[".repeat(100_000)));
  }
}
