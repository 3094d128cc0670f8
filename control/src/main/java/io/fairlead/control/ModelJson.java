package io.fairlead.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.fairlead.traffic.Secret;
import java.lang.reflect.RecordComponent;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Records to JSON: one member a component, and {@code type} where a sealed alternative stands.
 * Private keys are left out. Stateless.
 */
final class ModelJson {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private ModelJson() {}

  static JsonNode of(@Nullable Object value) {
    return switch (value) {
      case null -> JSON.nullNode();
      case Secret.Certificate secret -> JSON.objectNode().put("name", secret.name());
      case Record data -> object(data);
      case Optional<?> optional -> of(optional.orElse(null));
      case Collection<?> items -> {
        var array = JSON.arrayNode();
        items.forEach(item -> array.add(of(item)));
        yield array;
      }
      case Map<?, ?> map -> {
        var object = JSON.objectNode();
        map.forEach((key, item) -> object.set(String.valueOf(key), of(item)));
        yield object;
      }
      case Integer number -> JSON.numberNode(number);
      case Long number -> JSON.numberNode(number);
      case Double number -> JSON.numberNode(number);
      case Boolean flag -> JSON.booleanNode(flag);
      default -> JSON.textNode(value.toString());
    };
  }

  private static JsonNode object(Record data) {
    var object = JSON.objectNode();
    var type = data.getClass();
    if (type.getEnclosingClass() != null && type.getEnclosingClass().isSealed()) {
      object.put("type", type.getSimpleName());
    }
    for (RecordComponent component : type.getRecordComponents()) {
      try {
        object.set(component.getName(), of(component.getAccessor().invoke(data)));
      } catch (ReflectiveOperationException impossible) {
        throw new IllegalStateException("cannot read " + component, impossible);
      }
    }
    return object;
  }
}
