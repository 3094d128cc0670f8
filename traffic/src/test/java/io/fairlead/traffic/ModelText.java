package io.fairlead.traffic;

import java.util.Collection;
import java.util.Map;
import java.util.Optional;

/** Records as indented text, one component a line, for comparison with golden files. */
final class ModelText {
  private final StringBuilder out = new StringBuilder();

  private ModelText() {}

  static String of(Snapshot snapshot) {
    var text = new ModelText();
    text.write("snapshot", snapshot, 0);
    return text.out.toString();
  }

  private void write(String name, Object value, int depth) {
    var indent = "  ".repeat(depth);
    switch (value) {
      case Optional<?> optional -> {
        if (optional.isPresent()) {
          write(name, optional.get(), depth);
        }
      }
      case Collection<?> items -> {
        if (!items.isEmpty()) {
          out.append(indent).append(name).append(":\n");
          items.forEach(item -> write("-", item, depth + 1));
        }
      }
      case HostPort address -> line(indent, name, address);
      case Locality place -> {
        if (!place.isNone()) {
          line(indent, name, place);
        }
      }
      case Record data -> {
        out.append(indent).append(name).append(' ').append(data.getClass().getSimpleName());
        out.append('\n');
        for (var component : data.getClass().getRecordComponents()) {
          try {
            write(component.getName(), component.getAccessor().invoke(data), depth + 1);
          } catch (ReflectiveOperationException impossible) {
            throw new IllegalStateException(impossible);
          }
        }
      }
      case Map<?, ?> map -> map.forEach((key, item) -> write(key.toString(), item, depth));
      default -> line(indent, name, value);
    }
  }

  private void line(String indent, String name, Object value) {
    out.append(indent).append(name).append(' ').append(value).append('\n');
  }
}
