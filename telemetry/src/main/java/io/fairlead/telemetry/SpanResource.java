package io.fairlead.telemetry;

import java.util.List;

/**
 * Who made the spans. Immutable.
 *
 * @param serviceName the attribute {@code service.name}; not empty
 * @param attributes further ones, such as {@code service.instance.id}
 */
public record SpanResource(String serviceName, List<Attribute> attributes) {
  public SpanResource {
    if (serviceName.isEmpty()) {
      throw new IllegalArgumentException("serviceName: must not be empty");
    }
    attributes = List.copyOf(attributes);
  }
}
