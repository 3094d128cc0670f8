package io.fairlead.traces;

/** Fits text into columns of a terminal. */
final class Columns {
  private Columns() {}

  /**
   * The text in exactly so many characters, cut or filled. Names come from whoever sends spans, so
   * what could steer the terminal is shown as a question mark.
   */
  static String left(String text, int width) {
    var safe = safe(text);
    if (safe.length() > width) {
      return width <= 2 ? safe.substring(0, width) : safe.substring(0, width - 2) + "..";
    }
    return safe + " ".repeat(width - safe.length());
  }

  static String right(String text, int width) {
    return " ".repeat(Math.max(width - text.length(), 0)) + text;
  }

  static String safe(String text) {
    var safe = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              int type = Character.getType(c);
              boolean steers =
                  Character.isISOControl(c)
                      || type == Character.FORMAT
                      || type == Character.SURROGATE
                      || type == Character.LINE_SEPARATOR
                      || type == Character.PARAGRAPH_SEPARATOR;
              safe.appendCodePoint(steers ? '?' : c);
            });
    return safe.toString();
  }
}
