package io.fairlead.proxy.admin;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes records as JSON by their components, in their order. A record that is one of several
 * alternatives names itself in {@code type}. An empty {@code Optional} is left out; what is no
 * record, collection, map, number or truth value is written as its text. For one thread.
 */
public final class Json {
  private static final String HIDDEN = "(not shown)";

  private final StringBuilder out = new StringBuilder(1_024);
  private final Set<Hidden> hidden;
  private final Set<Class<?>> texts;

  /**
   * A component whose value is not written.
   *
   * @param owner the record
   * @param component its name
   */
  public record Hidden(Class<? extends Record> owner, String component) {}

  /**
   * @param hidden components whose values are not written
   * @param texts records that are written as their text
   */
  public Json(Set<Hidden> hidden, Set<Class<?>> texts) {
    this.hidden = Set.copyOf(hidden);
    this.texts = Set.copyOf(texts);
  }

  /** The value as JSON, with a line end. */
  public String write(Object value) {
    out.setLength(0);
    value(value);
    return out.append('\n').toString();
  }

  private void value(@Nullable Object value) {
    switch (value) {
      case null -> out.append("null");
      case Boolean truth -> out.append(truth.booleanValue());
      case Double number when !Double.isFinite(number) -> text(number.toString());
      case Number number -> out.append(number);
      case Optional<?> optional -> value(optional.orElse(null));
      case Collection<?> collection -> collection(collection);
      case Map<?, ?> map -> map(map);
      case Record record when !texts.contains(record.getClass()) -> record(record);
      default -> text(value.toString());
    }
  }

  private void collection(Collection<?> collection) {
    String comma = "";
    out.append('[');
    for (Object element : collection) {
      out.append(comma);
      value(element);
      comma = ",";
    }
    out.append(']');
  }

  private void map(Map<?, ?> map) {
    String comma = "";
    out.append('{');
    for (var entry : map.entrySet()) {
      out.append(comma);
      text(String.valueOf(entry.getKey()));
      out.append(':');
      value(entry.getValue());
      comma = ",";
    }
    out.append('}');
  }

  private void record(Record record) {
    Class<? extends Record> type = record.getClass();
    String comma = "";
    out.append('{');
    boolean alternative = false;
    for (Class<?> parent : type.getInterfaces()) {
      alternative |= parent.isSealed();
    }
    if (alternative) {
      out.append("\"type\":");
      text(type.getSimpleName());
      comma = ",";
    }
    for (RecordComponent component : type.getRecordComponents()) {
      Object value = read(record, component);
      if (value instanceof Optional<?> optional && optional.isEmpty()) {
        continue;
      }
      out.append(comma);
      text(component.getName());
      out.append(':');
      value(hidden.contains(new Hidden(type, component.getName())) ? HIDDEN : value);
      comma = ",";
    }
    out.append('}');
  }

  private static @Nullable Object read(Record record, RecordComponent component) {
    var accessor = component.getAccessor();
    accessor.trySetAccessible();
    try {
      return accessor.invoke(record);
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException("cannot read " + component + " of " + record.getClass(), e);
    }
  }

  private void text(String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"', '\\' -> out.append('\\').append(c);
        case '\n' -> out.append("\\n");
        default -> {
          if (c < ' ' || Character.isSurrogate(c)) {
            out.append(String.format("\\u%04x", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}
