package io.fairlead.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * Typed access to the fields of one YAML mapping. Confined to one thread.
 *
 * <p>A wrong field becomes a fault and reads as absent, so that one pass finds all faults. What
 * nobody asked for by the time of {@link #done()} is unknown and becomes a fault too.
 */
final class Fields {
  private final MappingNode node;
  private final String path;
  private final Faults faults;
  private final Map<String, Node> values = new LinkedHashMap<>();
  private final Map<String, Node> keys = new LinkedHashMap<>();
  private final Set<String> asked = new LinkedHashSet<>();

  Fields(MappingNode node, String path, Faults faults) {
    this.node = node;
    this.path = path;
    this.faults = faults;
    for (var tuple : node.getValue()) {
      if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
        faults.add(tuple.getKeyNode(), path, "", "must have plain strings as keys");
        continue;
      }
      if (values.put(key.getValue(), tuple.getValueNode()) != null) {
        faults.add(key, at(key.getValue()), "", "stands there twice");
      }
      keys.put(key.getValue(), key);
    }
  }

  Position position() {
    return faults.position(node);
  }

  Position position(String key) {
    var value = values.get(key);
    return value == null ? position() : faults.position(value);
  }

  String path() {
    return path;
  }

  boolean has(String key) {
    return values.containsKey(key);
  }

  Set<String> names() {
    return Collections.unmodifiableSet(new LinkedHashSet<>(values.keySet()));
  }

  /** Reports a fault at a field, or at the mapping if the field is absent. */
  void fault(String key, String rule) {
    var value = values.get(key);
    var text = value instanceof ScalarNode scalar ? scalar.getValue() : "";
    faults.add(value == null ? node : value, at(key), text, rule);
  }

  /** Reports a fault at a field whose value must not be shown. */
  void secretFault(String key, String rule) {
    faults.add(values.getOrDefault(key, node), at(key), "", rule);
  }

  /** A string whose value must not be shown. */
  Optional<String> secretText(String key) {
    asked.add(key);
    if (values.get(key) instanceof ScalarNode scalar) {
      return Optional.of(scalar.getValue());
    }
    secretFault(key, "must be a string");
    return Optional.empty();
  }

  /** Says of a field that is accepted what it does not do. */
  void warn(String key, String rule) {
    faults.warn(keys.getOrDefault(key, node), at(key), rule);
  }

  Optional<String> text(String key) {
    return scalar(key, "a string", Function.identity());
  }

  String requireText(String key) {
    var text = text(key).filter(t -> !t.isEmpty());
    if (text.isEmpty() && !(values.get(key) instanceof ScalarNode s && !s.getValue().isEmpty())) {
      require(key);
    }
    return text.orElse("?");
  }

  Optional<Integer> integer(String key, int least, int most) {
    return scalar(
        key,
        "a whole number",
        text -> {
          var rule = "must be a whole number from " + least + " to " + most;
          if (!text.matches("-?\\d{1,9}")) {
            throw new IllegalArgumentException(rule);
          }
          int number = Integer.parseInt(text);
          if (number < least || number > most) {
            throw new IllegalArgumentException(rule);
          }
          return number;
        });
  }

  Optional<Double> number(String key, double least, double most) {
    return scalar(
        key,
        "a number",
        text -> {
          if (!text.matches("-?\\d{1,9}(\\.\\d{1,9})?")
              || Double.parseDouble(text) < least
              || Double.parseDouble(text) > most) {
            throw new IllegalArgumentException("must be a number from " + least + " to " + most);
          }
          return Double.parseDouble(text);
        });
  }

  Optional<Duration> duration(String key) {
    if (values.get(key) instanceof ScalarNode scalar && scalar.getValue().matches("\\d{1,9}")) {
      asked.add(key);
      var guess = scalar.getValue() + (scalar.getValue().length() > 2 ? "ms" : "s");
      faults.add(
          faults.position(scalar),
          at(key),
          scalar.getValue(),
          "must be a duration with a unit (ms, s, m or h)",
          Optional.of(guess));
      return Optional.empty();
    }
    return scalar(key, "a duration", DurationText::parse);
  }

  /** A number of bytes. */
  Optional<Long> size(String key) {
    if (values.get(key) instanceof ScalarNode scalar
        && scalar.getValue().matches("\\d{1,6}([kKMGT]i?)?")) {
      asked.add(key);
      var guess = scalar.getValue().matches("\\d+") ? "MB" : "B";
      faults.add(
          faults.position(scalar),
          at(key),
          scalar.getValue(),
          "must be a size with a unit (kB, MB, GB, TB, KiB, MiB, GiB or TiB)",
          Optional.of(scalar.getValue() + guess));
      return Optional.empty();
    }
    return scalar(key, "a size", SizeText::parse);
  }

  <E extends Enum<E>> Optional<E> choice(String key, Class<E> type) {
    var names = java.util.Arrays.stream(type.getEnumConstants()).map(Enum::name).toList();
    return choice(key, names).map(name -> Enum.valueOf(type, name));
  }

  Optional<String> choice(String key, List<String> allowed) {
    var text = text(key);
    if (text.isEmpty() || allowed.contains(text.get())) {
      return text;
    }
    faults.add(
        position(key),
        at(key),
        text.get(),
        "must be one of " + String.join(", ", allowed),
        Suggestion.nearest(text.get(), allowed));
    return Optional.empty();
  }

  <T> Optional<T> scalar(String key, String what, Function<String, T> parse) {
    asked.add(key);
    var value = values.get(key);
    if (value == null) {
      return Optional.empty();
    }
    if (!(value instanceof ScalarNode scalar)) {
      faults.add(value, at(key), "", "must be " + what);
      return Optional.empty();
    }
    try {
      return Optional.of(parse.apply(scalar.getValue()));
    } catch (IllegalArgumentException broken) {
      faults.add(scalar, at(key), scalar.getValue(), String.valueOf(broken.getMessage()));
      return Optional.empty();
    }
  }

  /** A nested mapping; unknown fields in it are reported after {@code read}. */
  <T> Optional<T> object(String key, Function<Fields, T> read) {
    asked.add(key);
    var value = values.get(key);
    if (value == null) {
      return Optional.empty();
    }
    return object(value, at(key), read);
  }

  <T> Optional<T> requireObject(String key, Function<Fields, T> read) {
    if (!has(key)) {
      require(key);
    }
    return object(key, read);
  }

  /** A list of mappings; what is wrong in one does not hide the others. */
  <T> List<T> objects(String key, Function<Fields, T> read) {
    return list(key, (item, itemPath) -> object(item, itemPath, read));
  }

  List<String> texts(String key) {
    return list(
        key,
        (item, itemPath) -> {
          if (item instanceof ScalarNode scalar && !scalar.getValue().isEmpty()) {
            return Optional.of(scalar.getValue());
          }
          faults.add(item, itemPath, "", "must be a string that is not empty");
          return Optional.empty();
        });
  }

  /** A mapping of strings to strings. */
  Map<String, String> textMap(String key) {
    return object(
            key,
            fields -> {
              var map = new LinkedHashMap<String, String>();
              for (var name : fields.values.keySet()) {
                fields.text(name).ifPresent(value -> map.put(name, value));
              }
              return Map.copyOf(map);
            })
        .orElse(Map.of());
  }

  private interface ItemReader<T> {
    Optional<T> read(Node item, String itemPath);
  }

  private <T> List<T> list(String key, ItemReader<T> reader) {
    asked.add(key);
    var value = values.get(key);
    if (value == null) {
      return List.of();
    }
    if (!(value instanceof SequenceNode sequence)) {
      faults.add(value, at(key), "", "must be a list");
      return List.of();
    }
    var items = new ArrayList<T>();
    var nodes = sequence.getValue();
    for (int i = 0; i < nodes.size(); i++) {
      reader.read(nodes.get(i), at(key) + "[" + i + "]").ifPresent(items::add);
    }
    return List.copyOf(items);
  }

  private <T> Optional<T> object(Node value, String valuePath, Function<Fields, T> read) {
    if (!(value instanceof MappingNode mapping)) {
      faults.add(value, valuePath, "", "must be a mapping of fields");
      return Optional.empty();
    }
    var fields = new Fields(mapping, valuePath, faults);
    int before = faults.size();
    try {
      var result = read.apply(fields);
      fields.done();
      return Optional.of(result);
    } catch (IllegalArgumentException broken) {
      fields.done();
      if (faults.size() == before) {
        faults.add(mapping, valuePath, "", String.valueOf(broken.getMessage()));
      }
      return Optional.empty();
    }
  }

  void require(String key) {
    faults.add(node, at(key), "", "is required");
  }

  /** Reports every field that nobody asked for. */
  void done() {
    for (var name : values.keySet()) {
      if (!asked.contains(name)) {
        var key = keys.getOrDefault(name, node);
        var open = asked.stream().filter(known -> !values.containsKey(known)).toList();
        faults.add(
            faults.position(key), at(name), "", "is unknown", Suggestion.nearest(name, open));
      }
    }
  }

  /** Accepts a field without looking at it. */
  void ignore(String key) {
    asked.add(key);
  }

  private String at(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }
}
