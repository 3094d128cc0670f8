package io.fairlead.traces;

import java.util.Map;

/**
 * Who made spans. Immutable, and shared by all spans of one message.
 *
 * @param service the attribute {@code service.name}
 * @param attributes the others
 */
public record Resource(String service, Map<String, AttributeValue> attributes) {
  /** The service of those who name none, as OpenTelemetry prescribes. */
  public static final String UNKNOWN_SERVICE = "unknown_service";

  public Resource {
    attributes = Map.copyOf(attributes);
  }

  /**
   * What has a clock of its own: the host if it is known, else the instance, else the service.
   * Spans of one clock need no correction between them.
   */
  String clock() {
    for (String key : new String[] {"host.id", "host.name", "service.instance.id"}) {
      var value = attributes.get(key);
      if (value != null) {
        return value.text();
      }
    }
    return service;
  }
}
