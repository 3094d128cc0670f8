package io.fairlead.traces;

import java.util.Map;

/** Estimates what a span takes in memory; the estimate is what the store's bound counts. */
final class SpanBytes {
  private static final int SPAN = 200;
  private static final int RESOURCE = 128;
  private static final int EVENT = 64;
  private static final int ENTRY = 64;
  private static final int STRING = 40;

  private SpanBytes() {}

  /** Without its resource, which spans of one trace share. */
  static long of(Span span) {
    long bytes = SPAN + of(span.name()) + of(span.statusMessage()) + of(span.attributes());
    for (SpanEvent event : span.events()) {
      bytes += EVENT + of(event.name()) + of(event.attributes());
    }
    return bytes;
  }

  static long of(Resource resource) {
    return RESOURCE + of(resource.service()) + of(resource.attributes());
  }

  private static long of(Map<String, AttributeValue> attributes) {
    long bytes = 0;
    for (var attribute : attributes.entrySet()) {
      bytes += ENTRY + of(attribute.getKey());
      if (attribute.getValue() instanceof AttributeValue.Text(var text)) {
        bytes += of(text);
      }
    }
    return bytes;
  }

  private static long of(String text) {
    return text.isEmpty() ? 0 : STRING + text.length();
  }
}
