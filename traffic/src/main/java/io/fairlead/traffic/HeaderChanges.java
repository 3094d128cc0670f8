package io.fairlead.traffic;

import java.util.List;

/**
 * Changes to a head, applied in the order remove, set, add. Immutable.
 *
 * @param set replaces all fields of that name
 * @param add adds a further field
 * @param remove names, in lower case
 */
public record HeaderChanges(List<Field> set, List<Field> add, List<String> remove) {
  /** Changes nothing. */
  public static final HeaderChanges NONE = new HeaderChanges(List.of(), List.of(), List.of());

  /** A header field; the name in lower case, the value without line breaks. */
  public record Field(String name, String value) {
    public Field {
      Resource.requireName(name);
      if (value.indexOf('\r') >= 0 || value.indexOf('\n') >= 0 || value.indexOf('\0') >= 0) {
        throw new IllegalArgumentException("value of " + name + ": must not hold CR, LF or NUL");
      }
    }
  }

  public HeaderChanges {
    set = List.copyOf(set);
    add = List.copyOf(add);
    remove = List.copyOf(remove);
  }

  /** Whether there is nothing to do. */
  public boolean isEmpty() {
    return set.isEmpty() && add.isEmpty() && remove.isEmpty();
  }
}
