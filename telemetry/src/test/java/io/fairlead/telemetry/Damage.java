package io.fairlead.telemetry;

import java.util.Random;

/** Changes a valid header at a few random places, so that most of it still makes sense. */
final class Damage {
  private Damage() {}

  static String some(String valid, Random random, String alphabet) {
    var header = new StringBuilder(valid);
    for (int changes = random.nextInt(4); changes > 0; changes--) {
      char c = alphabet.charAt(random.nextInt(alphabet.length()));
      int at = header.isEmpty() ? 0 : random.nextInt(header.length());
      switch (random.nextInt(5)) {
        case 0 -> header.insert(at, c);
        case 1 -> header.delete(at, Math.min(header.length(), at + 1));
        case 2 -> header.append(c);
        default -> {
          if (!header.isEmpty()) {
            header.setCharAt(at, c);
          }
        }
      }
    }
    return header.toString();
  }
}
