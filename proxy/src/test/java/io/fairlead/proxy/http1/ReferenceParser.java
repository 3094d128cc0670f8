package io.fairlead.proxy.http1;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A request parser that is slow and obvious: the rules as regular expressions over a string. */
final class ReferenceParser {
  sealed interface Verdict {}

  record Incomplete() implements Verdict {}

  record Refused(String why) implements Verdict {}

  /** {@code consumed} counts head and body. */
  record Accepted(
      String method,
      String target,
      List<Line> fields,
      boolean persistent,
      String framing,
      int headLength,
      int consumed)
      implements Verdict {}

  record Line(String name, String value) {}

  private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
  private static final Pattern REQUEST_LINE =
      Pattern.compile("(" + TOKEN + ") ([!-\"$-~]+) HTTP/1\\.([01])");
  private static final Pattern FIELD = Pattern.compile("(" + TOKEN + "):([\\t -~\\x80-\\xff]*)");
  private static final Pattern CHUNK =
      Pattern.compile("([0-9A-Fa-f]{1,15})(;[\\t -~\\x80-\\xff]*)?");
  private static final String NAME = "[0-9A-Za-z._~-]+";
  private static final Pattern HOST =
      Pattern.compile("(" + NAME + "|\\[[0-9A-Fa-f:.]{2,}])(:[0-9]+)?");
  private static final Pattern PATH =
      Pattern.compile("/([!-$&-\\[\\]-~]|%[0-9A-Fa-f][0-9A-Fa-f])*");

  private ReferenceParser() {}

  static Verdict parse(String octets) {
    String input = octets.startsWith("\r\n") ? octets.substring(2) : octets;
    int skipped = octets.length() - input.length();
    int end = input.indexOf("\r\n\r\n");
    if (end < 0) {
      return new Incomplete();
    }
    String[] lines = input.substring(0, end).split("\r\n", -1);
    Matcher start = REQUEST_LINE.matcher(lines[0]);
    if (!start.matches()) {
      return new Refused("request line");
    }
    boolean http10 = start.group(3).equals("0");
    List<Line> fields = new ArrayList<>();
    for (int i = 1; i < lines.length; i++) {
      Matcher field = FIELD.matcher(lines[i]);
      if (!field.matches()) {
        return new Refused("field " + i);
      }
      fields.add(new Line(field.group(1), strip(field.group(2))));
    }
    String method = start.group(1);
    String target = start.group(2);
    String why = refusal(method, target, fields, http10);
    if (why != null) {
      return new Refused(why);
    }
    return body(input, method, target, fields, http10, end + 4, skipped);
  }

  private static Verdict body(
      String input,
      String method,
      String target,
      List<Line> fields,
      boolean http10,
      int head,
      int skipped) {
    boolean close = options(fields).contains("close");
    boolean persistent = !close && (!http10 || options(fields).contains("keep-alive"));
    List<String> lengths = values(fields, "content-length");
    if (!values(fields, "transfer-encoding").isEmpty()) {
      int consumed = chunks(input, head);
      if (consumed == 0) {
        return new Incomplete();
      }
      return consumed < 0
          ? new Refused("chunks")
          : new Accepted(method, target, fields, persistent, "chunked", head, consumed + skipped);
    }
    long length = lengths.isEmpty() ? 0 : Long.parseLong(lengths.getFirst());
    return head + length > input.length()
        ? new Incomplete()
        : new Accepted(
            method, target, fields, persistent, "" + length, head, head + (int) length + skipped);
  }

  private static @Nullable String refusal(
      String method, String target, List<Line> fields, boolean http10) {
    List<String> lengths = values(fields, "content-length");
    List<String> codings = values(fields, "transfer-encoding");
    List<String> hosts = values(fields, "host");
    if (lengths.size() > 1 || lengths.size() == 1 && !lengths.getFirst().matches("[0-9]{1,18}")) {
      return "Content-Length";
    }
    if (!codings.isEmpty()
        && (http10
            || !lengths.isEmpty()
            || codings.size() > 1
            || !codings.getFirst().equalsIgnoreCase("chunked"))) {
      return "Transfer-Encoding";
    }
    if (hosts.size() > 1 || hosts.isEmpty() && !http10) {
      return "Host count";
    }
    if (!hosts.isEmpty() && !isHost(hosts.getFirst())) {
      return "Host";
    }
    for (String option : options(fields)) {
      if (!option.matches(TOKEN)
          || List.of("host", "content-length", "transfer-encoding").contains(option)) {
        return "Connection";
      }
    }
    boolean webSocket =
        method.equals("GET")
            && !http10
            && options(fields).contains("upgrade")
            && values(fields, "upgrade").stream().anyMatch(v -> v.equalsIgnoreCase("websocket"));
    boolean connects = method.equals("CONNECT");
    boolean body =
        !codings.isEmpty() || !lengths.isEmpty() && Long.parseLong(lengths.getFirst()) > 0;
    if ((webSocket || connects) && body) {
      return "Upgrade with a body";
    }
    if (connects) {
      return !http10 && isHost(target) && target.matches(".*:[0-9]+") ? null : "CONNECT";
    }
    return targetRefusal(method, target);
  }

  private static @Nullable String targetRefusal(String method, String target) {
    if (target.equals("*")) {
      return method.equals("OPTIONS") ? null : "asterisk";
    }
    String rest = target;
    Matcher scheme = Pattern.compile("(?i)https?://([^/?]*)(.*)").matcher(target);
    if (scheme.matches()) {
      if (!isHost(scheme.group(1))) {
        return "authority";
      }
      rest = scheme.group(2).startsWith("/") ? scheme.group(2) : "/" + scheme.group(2);
    }
    int query = rest.indexOf('?');
    String path = query < 0 ? rest : rest.substring(0, query);
    if (!PATH.matcher(path).matches() || path.contains("%00")) {
      return "path";
    }
    int depth = 0;
    String decoded = path.replaceAll("(?i)%2e", ".");
    for (String segment : decoded.substring(1).split("/", -1)) {
      depth += segment.equals("..") ? -1 : segment.equals(".") ? 0 : 1;
      if (depth < 0) {
        return "climbs";
      }
    }
    return null;
  }

  private static boolean isHost(String host) {
    Matcher matcher = HOST.matcher(host);
    if (!matcher.matches()) {
      return false;
    }
    String port = matcher.group(2);
    return port == null || new java.math.BigInteger(port.substring(1)).bitLength() <= 16;
  }

  /** End of the body, 0 if incomplete, -1 if refused. */
  private static int chunks(String input, int from) {
    int at = from;
    while (true) {
      int end = input.indexOf("\r\n", at);
      if (end < 0) {
        return 0;
      }
      Matcher chunk = CHUNK.matcher(input.substring(at, end));
      if (!chunk.matches()) {
        return -1;
      }
      long size = Long.parseLong(chunk.group(1), 16);
      at = end + 2;
      if (size == 0) {
        return trailers(input, at);
      }
      if (input.length() < at + size + 2) {
        return 0;
      }
      at += (int) size;
      if (!input.startsWith("\r\n", at)) {
        return -1;
      }
      at += 2;
    }
  }

  private static int trailers(String input, int from) {
    int at = from;
    while (true) {
      int end = input.indexOf("\r\n", at);
      if (end < 0) {
        return 0;
      }
      if (end == at) {
        return end + 2;
      }
      Matcher field = FIELD.matcher(input.substring(at, end));
      if (!field.matches() || isKnown(field.group(1))) {
        return -1;
      }
      at = end + 2;
    }
  }

  private static boolean isKnown(String name) {
    for (Field field : Field.values()) {
      if (field.text().equalsIgnoreCase(name)) {
        return true;
      }
    }
    return false;
  }

  static List<String> values(List<Line> fields, String name) {
    return fields.stream().filter(f -> f.name().equalsIgnoreCase(name)).map(Line::value).toList();
  }

  static List<String> options(List<Line> fields) {
    List<String> options = new ArrayList<>();
    for (String value : values(fields, "connection")) {
      for (String option : value.split(",", -1)) {
        if (!strip(option).isEmpty()) {
          options.add(strip(option).toLowerCase(Locale.ROOT));
        }
      }
    }
    return options;
  }

  private static String strip(String value) {
    return value.replaceAll("^[ \\t]+|[ \\t]+$", "");
  }
}
