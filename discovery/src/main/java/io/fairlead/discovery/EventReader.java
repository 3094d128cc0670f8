package io.fairlead.discovery;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads server-sent events (WHATWG HTML, section 9.2), each bounded in bytes. Single-threaded. */
final class EventReader {
  private final InputStream in;
  private final int maxBytes;
  private int bytesOfEvent;

  EventReader(InputStream in, int maxBytes) {
    this.in = new BufferedInputStream(in, 16 << 10);
    this.maxBytes = maxBytes;
  }

  /**
   * One event.
   *
   * @param id the event's id, empty if it has none
   * @param name the event's name, empty if it has none
   * @param data the event's data, empty for one that only moves the id on
   */
  record Event(String id, String name, byte[] data) {}

  /** Waits for the next event; empty at the end of the stream. */
  Optional<Event> next() throws IOException {
    var id = "";
    var name = "";
    var data = new ByteArrayOutputStream();
    boolean any = false;
    bytesOfEvent = 0;
    for (byte[] line = line(); line != null; line = line()) {
      if (line.length == 0) {
        if (any) {
          return Optional.of(new Event(id, name, data.toByteArray()));
        }
        bytesOfEvent = 0;
      } else if (line[0] != ':') {
        int colon = indexOfColon(line);
        switch (new String(line, 0, colon, UTF_8)) {
          case "id" -> id = value(line, colon);
          case "event" -> name = value(line, colon);
          case "data" -> appendData(data, line, colon);
          default -> {
            continue;
          }
        }
        any = true;
      }
    }
    return Optional.empty();
  }

  private static void appendData(ByteArrayOutputStream data, byte[] line, int colon) {
    if (data.size() > 0) {
      data.write('\n');
    }
    int start = valueStart(line, colon);
    data.write(line, start, line.length - start);
  }

  private static String value(byte[] line, int colon) {
    int start = valueStart(line, colon);
    return new String(line, start, line.length - start, UTF_8);
  }

  private static int valueStart(byte[] line, int colon) {
    int start = Math.min(colon + 1, line.length);
    return start < line.length && line[start] == ' ' ? start + 1 : start;
  }

  private static int indexOfColon(byte[] line) {
    for (int i = 0; i < line.length; i++) {
      if (line[i] == ':') {
        return i;
      }
    }
    return line.length;
  }

  private byte @Nullable [] line() throws IOException {
    var line = new ByteArrayOutputStream(128);
    for (int next = in.read(); next >= 0; next = in.read()) {
      if (next == '\n') {
        return line.toByteArray();
      }
      if (++bytesOfEvent > maxBytes) {
        throw new IOException("event is longer than maxResponseBytes, " + maxBytes);
      }
      if (next != '\r') {
        line.write(next);
      }
    }
    return null;
  }
}
