package io.fairlead.proxy.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fairlead.config.LogCommand;
import io.fairlead.config.LogFormat;
import io.fairlead.config.LogTemplate;
import io.fairlead.config.LogTemplate.Part;
import io.fairlead.proxy.log.LineWriter.Escape;
import java.util.ArrayList;
import java.util.List;

/** A format of lines, compiled. Safe for all loops. */
final class LineFormat {
  private final Piece[] pieces;

  /** Writes a part of the line. */
  private interface Piece {
    void write(Entry entry, LineWriter out);
  }

  private LineFormat(List<Piece> pieces) {
    this.pieces = pieces.toArray(Piece[]::new);
  }

  /**
   * Compiles a format.
   *
   * @param slots to which it adds what must be copied of heads
   */
  static LineFormat of(LogFormat format, HeadSlots slots, String hostname) {
    List<Piece> pieces = new ArrayList<>();
    switch (format) {
      case LogFormat.Text(var template) -> {
        text(template, slots, hostname, pieces);
        if (!template.endsWith("\n")) {
          pieces.add(literal("\n"));
        }
      }
      case LogFormat.Json(var members) -> {
        String before = "{";
        for (var member : members) {
          pieces.add(literal(before + '"' + escaped(member.name()) + "\":"));
          pieces.add(json(member.template(), slots, hostname));
          before = ",";
        }
        pieces.add(literal("}\n"));
      }
    }
    return new LineFormat(pieces);
  }

  void write(Entry entry, LineWriter out) {
    for (Piece piece : pieces) {
      piece.write(entry, out);
    }
  }

  private static Piece literal(String text) {
    byte[] octets = text.getBytes(UTF_8);
    return (entry, out) -> out.raw(octets);
  }

  private static void text(String template, HeadSlots slots, String hostname, List<Piece> into) {
    for (Part part : LogTemplate.parse(template).parts()) {
      switch (part) {
        case Part.Literal(var text) -> into.add(literal(text));
        case Part.Command command -> {
          LogValue value = LogValues.of(command, slots, hostname);
          into.add(
              (entry, out) -> {
                if (!value.write(entry, out, Escape.TEXT)) {
                  out.octet('-');
                }
              });
        }
      }
    }
  }

  private static Piece json(String template, HeadSlots slots, String hostname) {
    List<Part> parts = LogTemplate.parse(template).parts();
    if (parts.size() == 1 && parts.getFirst() instanceof Part.Command only) {
      LogValue value = LogValues.of(only, slots, hostname);
      return only.command().value() == LogCommand.Value.NUMBER
          ? (entry, out) -> orNull(value, entry, out)
          : (entry, out) -> quotedOrNull(value, entry, out);
    }
    List<LogValue> values = new ArrayList<>();
    for (Part part : parts) {
      values.add(
          switch (part) {
            case Part.Literal(var text) -> {
              byte[] octets = escaped(text).getBytes(UTF_8);
              yield (entry, out, escape) -> {
                out.raw(octets);
                return true;
              };
            }
            case Part.Command command -> LogValues.of(command, slots, hostname);
          });
    }
    return (entry, out) -> {
      out.octet('"');
      for (LogValue value : values) {
        if (!value.write(entry, out, Escape.JSON)) {
          out.octet('-');
        }
      }
      out.octet('"');
    };
  }

  private static void orNull(LogValue value, Entry entry, LineWriter out) {
    if (!value.write(entry, out, Escape.JSON)) {
      out.ascii("null");
    }
  }

  private static void quotedOrNull(LogValue value, Entry entry, LineWriter out) {
    int before = out.length();
    out.octet('"');
    if (value.write(entry, out, Escape.JSON)) {
      out.octet('"');
    } else {
      out.cutTo(before);
      out.ascii("null");
    }
  }

  private static String escaped(String text) {
    LineWriter out = new LineWriter();
    byte[] octets = text.getBytes(UTF_8);
    out.value(octets, 0, octets.length, Escape.JSON);
    return new String(out.line(), UTF_8);
  }
}
