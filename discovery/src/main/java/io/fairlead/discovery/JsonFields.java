package io.fairlead.discovery;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/** Reads typed fields of one JSON object and reports what does not fit instead of throwing. */
final class JsonFields {
  private static final Object ABSENT = new Object();

  private final Map<?, ?> fields;
  private final String prefix;
  private final Consumer<Fault> faults;
  private final TreeSet<String> known = new TreeSet<>();

  private JsonFields(Map<?, ?> fields, String prefix, Consumer<Fault> faults) {
    this.fields = fields;
    this.prefix = prefix;
    this.faults = faults;
  }

  static JsonFields of(Object value, String path, Consumer<Fault> faults) {
    String prefix = path.isEmpty() ? "" : path + ".";
    if (value instanceof Map<?, ?> fields) {
      return new JsonFields(fields, prefix, faults);
    }
    String where = path.isEmpty() ? "body" : path;
    faults.accept(new Fault(where, String.valueOf(value), "must be a JSON object"));
    return new JsonFields(Map.of(), prefix, fault -> {});
  }

  String text(String name) {
    return text(name, required(name, "a string"));
  }

  String textOr(String name, String absent) {
    Object value = optional(name);
    return value == ABSENT ? absent : text(name, value);
  }

  private String text(String name, Object value) {
    if (value instanceof String text) {
      return text;
    }
    mismatch(name, value, "a string");
    return "";
  }

  long integer(String name) {
    return integer(name, required(name, "a whole number"));
  }

  long integerOr(String name, long absent) {
    Object value = optional(name);
    return value == ABSENT ? absent : integer(name, value);
  }

  private long integer(String name, Object value) {
    if (value instanceof Integer || value instanceof Long) {
      return ((Number) value).longValue();
    }
    mismatch(name, value, "a whole number");
    return 0;
  }

  <E extends Enum<E>> E wordOr(String name, E absent) {
    Object value = optional(name);
    if (value == ABSENT) {
      return absent;
    }
    for (E constant : absent.getDeclaringClass().getEnumConstants()) {
      if (constant.name().equals(value)) {
        return constant;
      }
    }
    mismatch(name, value, "one of " + List.of(absent.getDeclaringClass().getEnumConstants()));
    return absent;
  }

  Map<String, String> textsOr(String name, Map<String, String> absent) {
    Object value = optional(name);
    if (value == ABSENT) {
      return absent;
    }
    var texts = new TreeMap<String, String>();
    if (value instanceof Map<?, ?> map) {
      map.forEach((key, item) -> texts.put((String) key, text(name + "." + key, item)));
    } else {
      mismatch(name, value, "an object of strings");
    }
    return texts;
  }

  JsonFields child(String name) {
    Object value = required(name, "an object");
    return of(value == ABSENT ? Map.of() : value, prefix + name, faults);
  }

  List<JsonFields> children(String name) {
    Object value = required(name, "an array of objects");
    var children = new ArrayList<JsonFields>();
    if (value instanceof List<?> items) {
      for (Object item : items) {
        children.add(of(item, prefix + name + "[" + children.size() + "]", faults));
      }
    } else {
      mismatch(name, value, "an array of objects");
    }
    return children;
  }

  /** Reports fields that nobody asked for, each with the known name that is nearest. */
  void refuseOthers() {
    for (Object key : fields.keySet()) {
      String name = (String) key;
      if (!known.contains(name)) {
        String rule =
            Nearest.to(name, known)
                .map(near -> "is not a known field (did you mean '" + near + "'?)")
                .orElse("is not a known field, known are " + String.join(" ", known));
        faults.accept(new Fault(prefix + name, String.valueOf(fields.get(name)), rule));
      }
    }
  }

  private Object required(String name, String what) {
    Object value = optional(name);
    if (value == ABSENT) {
      faults.accept(new Fault(prefix + name, "", "is required and must be " + what));
    }
    return value;
  }

  private Object optional(String name) {
    known.add(name);
    Object value = fields.get(name);
    return value == null ? ABSENT : value;
  }

  private void mismatch(String name, Object value, String what) {
    if (value != ABSENT) {
      faults.accept(new Fault(prefix + name, String.valueOf(value), "must be " + what));
    }
  }
}
