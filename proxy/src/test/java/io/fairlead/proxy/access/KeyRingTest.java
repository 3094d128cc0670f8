package io.fairlead.proxy.access;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.traffic.ApiKeys;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class KeyRingTest {
  private final KeyRing keys =
      new KeyRing(
          new ApiKeys("x-api-key", List.of(key("web", "secret-1"), key("mobile", "secret-2"))));

  private static ApiKeys.HashedKey key(String client, String key) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(key.getBytes(US_ASCII));
      return new ApiKeys.HashedKey(client, HexFormat.of().formatHex(hash));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private Optional<String> client(String line, int from, int to) {
    return keys.client(line.getBytes(US_ASCII), from, to);
  }

  @Test
  void everyKeyOfTheRingOpens() {
    assertThat(client("secret-1", 0, 8)).contains("web");
    assertThat(client("x-api-key: secret-2\r\n", 11, 19)).contains("mobile");
  }

  @Test
  void anythingElseDoesNot() {
    assertThat(client("secret-3", 0, 8)).isEmpty();
    assertThat(client("secret-1", 0, 7)).isEmpty();
    assertThat(client("secret-1 ", 0, 9)).isEmpty();
    assertThat(client("", 0, 0)).isEmpty();
  }
}
