package io.fairlead.traces;

/** How a picture is written to a terminal. */
public enum Palette {
  /** Plain ASCII, for files and pipes. */
  ASCII,
  /** The same with ANSI colours. */
  COLOUR;

  private static final String RED = "\u001b[31m";
  private static final String YELLOW = "\u001b[33m";
  private static final String DIM = "\u001b[2m";
  private static final String BOLD = "\u001b[1m";
  private static final String RESET = "\u001b[0m";

  String failed(String text) {
    return paint(RED, text);
  }

  String critical(String text) {
    return paint(YELLOW, text);
  }

  String quiet(String text) {
    return paint(DIM, text);
  }

  String strong(String text) {
    return paint(BOLD, text);
  }

  private String paint(String code, String text) {
    return switch (this) {
      case ASCII -> text;
      case COLOUR -> text.isBlank() ? text : code + text + RESET;
    };
  }
}
