package io.fairlead.proxy.jwt;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads one JSON text (RFC 8259) to maps, lists, strings, longs, doubles, booleans and {@link
 * #NULL}. Strict, and bounded in depth; a name that stands twice in an object is a fault, since two
 * readers could see two tokens in it (RFC 8725 section 2.4). For one text.
 */
final class JsonReader {
  /** The value null. */
  static final Object NULL = new Object();

  private static final int MAX_DEPTH = 32;

  private final String text;
  private int at;
  private int depth;

  private JsonReader(String text) {
    this.text = text;
  }

  /**
   * The object that the text holds.
   *
   * @throws IllegalArgumentException if it holds none
   */
  static Map<String, Object> object(String text) {
    var reader = new JsonReader(text);
    Object value = reader.value();
    if (reader.peek() != 0) {
      throw reader.fault();
    }
    return members(value);
  }

  /** The members of an object. */
  static Map<String, Object> members(Object value) {
    if (!(value instanceof Map<?, ?> map)) {
      throw new IllegalArgumentException("must be an object");
    }
    Map<String, Object> members = new LinkedHashMap<>();
    map.forEach((name, member) -> members.put(String.valueOf(name), member));
    return members;
  }

  private IllegalArgumentException fault() {
    return new IllegalArgumentException("must be JSON, is not at character " + at);
  }

  /** The next character that is no space, or 0 at the end. */
  private char peek() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    return at < text.length() ? text.charAt(at) : 0;
  }

  private void expect(char wanted) {
    if (peek() != wanted) {
      throw fault();
    }
    at++;
  }

  private boolean skip(char wanted) {
    if (peek() != wanted) {
      return false;
    }
    at++;
    return true;
  }

  private Object value() {
    if (++depth > MAX_DEPTH) {
      throw fault();
    }
    Object value =
        switch (peek()) {
          case '{' -> object();
          case '[' -> array();
          case '"' -> string();
          case 't' -> word("true", Boolean.TRUE);
          case 'f' -> word("false", Boolean.FALSE);
          case 'n' -> word("null", NULL);
          default -> number();
        };
    depth--;
    return value;
  }

  private Object word(String word, Object value) {
    if (!text.startsWith(word, at)) {
      throw fault();
    }
    at += word.length();
    return value;
  }

  private Map<String, Object> object() {
    Map<String, Object> members = new LinkedHashMap<>();
    expect('{');
    if (skip('}')) {
      return members;
    }
    do {
      if (peek() != '"') {
        throw fault();
      }
      String name = string();
      expect(':');
      if (members.put(name, value()) != null) {
        throw new IllegalArgumentException("must not name " + name + " twice");
      }
    } while (skip(','));
    expect('}');
    return members;
  }

  private List<Object> array() {
    List<Object> elements = new ArrayList<>();
    expect('[');
    if (skip(']')) {
      return elements;
    }
    do {
      elements.add(value());
    } while (skip(','));
    expect(']');
    return elements;
  }

  private String string() {
    StringBuilder out = new StringBuilder();
    expect('"');
    while (at < text.length()) {
      char c = text.charAt(at++);
      if (c == '"') {
        return out.toString();
      }
      if (c < ' ') {
        throw fault();
      }
      out.append(c == '\\' ? escaped() : c);
    }
    throw fault();
  }

  private char escaped() {
    if (at == text.length()) {
      throw fault();
    }
    char c = text.charAt(at++);
    return switch (c) {
      case '"', '\\', '/' -> c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> unicode();
      default -> throw fault();
    };
  }

  private char unicode() {
    int code = 0;
    for (int i = 0; i < 4; i++) {
      int digit = at < text.length() ? Character.digit(text.charAt(at++), 16) : -1;
      if (digit < 0) {
        throw fault();
      }
      code = code << 4 | digit;
    }
    return (char) code;
  }

  private Object number() {
    int from = at;
    while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    String digits = text.substring(from, at);
    if (!digits.matches("-?(0|[1-9]\\d{0,30})(\\.\\d{1,30})?([eE][+-]?\\d{1,3})?")) {
      at = from;
      throw fault();
    }
    return digits.matches("-?\\d{1,18}")
        ? (Object) Long.parseLong(digits)
        : (Object) Double.parseDouble(digits);
  }
}
