package io.fairlead.proxy.trace;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.fairlead.proxy.http1.Field;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.HeadWriter;
import io.fairlead.telemetry.HeaderReader;
import io.fairlead.telemetry.TraceContext;
import io.fairlead.telemetry.TraceFormat;
import io.fairlead.telemetry.TraceParent;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Trace headers in the heads of requests. Stateless. */
final class TraceHeaders {
  private static final byte[] TRACEPARENT = (TraceParent.NAME + ": ").getBytes(ISO_8859_1);

  /** Where the span id stands in the values of traceparent and b3. */
  private static final int SPAN_ID_IN_TRACEPARENT = 36;

  private static final int SPAN_ID_IN_B3 = 33;

  private static final Field[] B3_MULTI = {
    Field.X_B3_TRACE_ID,
    Field.X_B3_SPAN_ID,
    Field.X_B3_PARENT_SPAN_ID,
    Field.X_B3_SAMPLED,
    Field.X_B3_FLAGS
  };

  private static final Map<String, Field> BY_NAME = byName();

  private TraceHeaders() {}

  private static Map<String, Field> byName() {
    Map<String, Field> fields = new HashMap<>();
    for (TraceFormat format : TraceFormat.values()) {
      for (String name : format.headers()) {
        for (Field field : Field.values()) {
          if (field.text().equals(name)) {
            fields.put(name, field);
          }
        }
      }
    }
    return Map.copyOf(fields);
  }

  static boolean hasB3Single(Head head) {
    return head.find(Field.B3, 0) >= 0;
  }

  static boolean hasB3Multi(Head head) {
    for (Field field : B3_MULTI) {
      if (head.find(field, 0) >= 0) {
        return true;
      }
    }
    return false;
  }

  /** The headers of the request as the propagator wants them. */
  static HeaderReader reader(Head head) {
    return name -> value(head, name);
  }

  private static @Nullable String value(Head head, String name) {
    Field field = BY_NAME.get(name);
    int at = field == null ? -1 : head.find(field, 0);
    if (field == null || at < 0) {
      return null;
    }
    if (field != Field.TRACESTATE) {
      return head.value(at);
    }
    StringBuilder joined = new StringBuilder(head.value(at));
    for (int i = head.find(field, at + 1); i >= 0; i = head.find(field, i + 1)) {
      joined.append(',').append(head.value(i));
    }
    return joined.toString();
  }

  /**
   * Replaces the trace headers of the request. Those of B3 go on in the forms that came; a
   * tracestate that belongs to the context goes on as it is.
   *
   * @return where the span id stands among the additions, once for each header that has it
   */
  static int[] replace(Head head, HeadWriter writer, TraceContext context, byte[] scratch) {
    boolean single = hasB3Single(head);
    boolean multi = hasB3Multi(head);
    head.dropAll(Field.TRACEPARENT);
    if (context.traceState().isEmpty()) {
      head.dropAll(Field.TRACESTATE);
    }
    int[] places = new int[3];
    int count = 0;
    if (single) {
      head.dropAll(Field.B3);
      places[count++] = writer.addedLength() + "b3: ".length() + SPAN_ID_IN_B3;
      add(TraceFormat.B3_SINGLE, writer, context);
    }
    if (multi) {
      for (Field field : B3_MULTI) {
        head.dropAll(field);
      }
      places[count++] = addMulti(writer, context);
    }
    places[count++] = writer.addedLength() + TRACEPARENT.length + SPAN_ID_IN_TRACEPARENT;
    TraceParent.write(context, scratch, 0);
    writer.add(TRACEPARENT, scratch, 0, TraceParent.LENGTH);
    return Arrays.copyOf(places, count);
  }

  private static void add(TraceFormat format, HeadWriter writer, TraceContext context) {
    format.inject(context, (name, value) -> writer.add(colon(name), value));
  }

  /** The place of the span id. */
  private static int addMulti(HeadWriter writer, TraceContext context) {
    int[] place = new int[1];
    TraceFormat.B3_MULTI.inject(
        context,
        (name, value) -> {
          byte[] colon = colon(name);
          if (BY_NAME.get(name) == Field.X_B3_SPAN_ID) {
            place[0] = writer.addedLength() + colon.length;
          }
          writer.add(colon, value);
        });
    return place[0];
  }

  private static byte[] colon(String name) {
    return (name + ": ").getBytes(ISO_8859_1);
  }

  /** Begins a trace that is not recorded; makes no object. */
  static void unrecorded(
      Head head, HeadWriter writer, long traceIdHigh, long traceIdLow, long spanId, byte[] out) {
    head.dropAll(Field.TRACESTATE);
    TraceParent.write(traceIdHigh, traceIdLow, spanId, TraceContext.RANDOM, out, 0);
    writer.add(TRACEPARENT, out, 0, TraceParent.LENGTH);
  }
}
