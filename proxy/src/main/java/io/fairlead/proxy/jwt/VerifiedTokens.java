package io.fairlead.proxy.jwt;

import io.fairlead.proxy.access.Claims;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The tokens whose signatures were found valid last, so that who comes again with the same one does
 * not make the event loop compute it again: that takes as long as several requests. Whether a token
 * is still good in time and for whom is not kept but asked each time. Only what was signed by a
 * known key gets in, so nobody else can push tokens out. Belongs to one loop.
 */
final class VerifiedTokens {
  static final int MOST = 256;

  /** Longer tokens are verified each time, which bounds what all of them take. */
  static final int MAX_LENGTH = 4_096;

  private final Map<String, Verified> byText =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Verified> eldest) {
          return size() > MOST;
        }
      };

  /** A token and the keys one of which has signed it. */
  record Verified(Token token, Claims claims, KeySet keys) {}

  /** What is known of this text, by whichever keys; or null. */
  @Nullable Verified find(String text) {
    return text.length() > MAX_LENGTH ? null : byText.get(text);
  }

  /** Remembers a token; what was asked for longest ago makes room. */
  void add(String text, Verified verified) {
    if (text.length() <= MAX_LENGTH) {
      byText.put(text, verified);
    }
  }
}
