package io.fairlead.telemetry;

/**
 * The grammar of W3C {@code tracestate} (Trace Context Level 2, section 3.3.1). Stateless.
 *
 * <p>The entries are other vendors' and travel unchanged; they are only checked, because a header
 * that breaks the grammar must not be sent on. An invalid state does not invalidate its trace.
 */
public final class TraceState {
  /** Longer states are not propagated; the specification asks for at least 512. */
  public static final int MAX_LENGTH = 4_096;

  private static final int MAX_MEMBERS = 32;
  private static final int MAX_KEY = 256;
  private static final int MAX_VALUE = 256;

  private TraceState() {}

  /** The state as it is if it is valid and not too long, otherwise empty. */
  public static String checked(String state) {
    return state.length() <= MAX_LENGTH && valid(state) ? state : "";
  }

  private static boolean valid(String state) {
    int members = 0;
    int start = 0;
    while (start <= state.length()) {
      int comma = state.indexOf(',', start);
      int end = comma < 0 ? state.length() : comma;
      int first = skipBlanks(state, start, end);
      int last = dropBlanks(state, first, end);
      if (first < last && (++members > MAX_MEMBERS || !validMember(state, first, last))) {
        return false;
      }
      start = end + 1;
    }
    return members > 0;
  }

  private static int skipBlanks(String state, int start, int end) {
    int first = start;
    while (first < end && blank(state.charAt(first))) {
      first++;
    }
    return first;
  }

  private static int dropBlanks(String state, int first, int end) {
    int last = end;
    while (last > first && blank(state.charAt(last - 1))) {
      last--;
    }
    return last;
  }

  private static boolean blank(char c) {
    return c == ' ' || c == '\t';
  }

  private static boolean validMember(String state, int first, int last) {
    int equals = state.indexOf('=', first);
    int keyLength = equals - first;
    int valueLength = last - equals - 1;
    if (equals < 0
        || equals >= last
        || keyLength < 1
        || keyLength > MAX_KEY
        || valueLength < 1
        || valueLength > MAX_VALUE
        || !alphanumeric(state.charAt(first))) {
      return false;
    }
    for (int i = first + 1; i < equals; i++) {
      char c = state.charAt(i);
      if (!alphanumeric(c) && "_-*/@".indexOf(c) < 0) {
        return false;
      }
    }
    for (int i = equals + 1; i < last; i++) {
      char c = state.charAt(i);
      if (c < ' ' || c > '~' || c == '=') {
        return false;
      }
    }
    return true;
  }

  private static boolean alphanumeric(char c) {
    return c >= 'a' && c <= 'z' || c >= '0' && c <= '9';
  }
}
