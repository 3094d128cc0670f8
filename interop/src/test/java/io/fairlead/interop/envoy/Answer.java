package io.fairlead.interop.envoy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.net.Socket;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What came back for a request, which had a connection of its own.
 *
 * @param fields by name in lower case; of equal ones the last
 */
record Answer(int status, Map<String, String> fields, String body) {
  private static final int MILLIS = 20_000;

  /** Sends a GET with this host; {@code fields} are whole lines. */
  static Answer get(int port, String host, String path, String... fields) throws IOException {
    try (var socket = new Socket("127.0.0.1", port)) {
      socket.setSoTimeout(MILLIS);
      var head = new StringBuilder("GET " + path + " HTTP/1.1\r\nhost: " + host + "\r\n");
      for (String field : fields) {
        head.append(field).append("\r\n");
      }
      head.append("connection: close\r\n\r\n");
      socket.getOutputStream().write(head.toString().getBytes(ISO_8859_1));
      return parse(new String(socket.getInputStream().readAllBytes(), ISO_8859_1));
    }
  }

  private static Answer parse(String text) throws IOException {
    int end = text.indexOf("\r\n\r\n");
    if (end < 0) {
      throw new IOException("no answer but '" + text + "'");
    }
    String[] lines = text.substring(0, end).split("\r\n");
    var fields = new TreeMap<String, String>();
    for (int i = 1; i < lines.length; i++) {
      int colon = lines[i].indexOf(':');
      fields.put(
          lines[i].substring(0, colon).toLowerCase(Locale.ROOT),
          lines[i].substring(colon + 1).strip());
    }
    return new Answer(Integer.parseInt(lines[0].split(" ")[1]), fields, text.substring(end + 4));
  }

  /** The backend that answered; empty for an answer of the proxy itself. */
  String from() {
    return fields.getOrDefault("x-from", "");
  }
}
