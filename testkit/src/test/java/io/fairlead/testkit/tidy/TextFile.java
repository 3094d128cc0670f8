package io.fairlead.testkit.tidy;

import java.util.List;

/**
 * A file of text in the repository. Immutable.
 *
 * @param path from the root of the repository, with slashes
 * @param text all of it
 */
record TextFile(String path, String text) {
  List<String> lines() {
    return text.lines().toList();
  }

  /** The top folder, which for sources is the module. */
  String module() {
    int slash = path.indexOf('/');
    return slash < 0 ? "" : path.substring(0, slash);
  }

  boolean isTest() {
    return path.contains("/src/test/");
  }

  Finding finding(int line, String message) {
    return new Finding(path, line, message);
  }
}
