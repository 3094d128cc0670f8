package io.fairlead.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.nodes.Node;

/** Collects the faults and warnings of one file, up to a bound. Confined to one thread. */
final class Faults {
  private static final int MOST = 200;

  private final String file;
  private final List<Fault> list = new ArrayList<>();
  private final List<Fault> warnings = new ArrayList<>();
  private int firstLine = 1;

  Faults(String file) {
    this.file = file;
  }

  String file() {
    return file;
  }

  /** What comes now is in the document that begins in this line. */
  void document(int line) {
    firstLine = line;
  }

  /** A place in the file; the line is that of the document. */
  Position position(int line, int column) {
    return new Position(file, firstLine - 1 + line, column);
  }

  Position position(Node node) {
    return node.getStartMark()
        .map(mark -> position(mark.getLine() + 1, mark.getColumn() + 1))
        .orElseGet(() -> position(1, 1));
  }

  void add(Node node, String path, String value, String rule) {
    add(position(node), path, value, rule, Optional.empty());
  }

  void add(Position at, String path, String value, String rule, Optional<String> suggestion) {
    if (list.size() < MOST) {
      list.add(new Fault(at, path, value, rule, suggestion));
    }
  }

  /** Something that is accepted and does less than its writer may think. */
  void warn(Node node, String path, String rule) {
    if (warnings.size() < MOST) {
      warnings.add(new Fault(position(node), path, "", rule, Optional.empty()));
    }
  }

  List<Fault> warnings() {
    return List.copyOf(warnings);
  }

  List<Fault> list() {
    return List.copyOf(list);
  }

  int size() {
    return list.size();
  }
}
