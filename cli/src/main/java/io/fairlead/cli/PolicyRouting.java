package io.fairlead.cli;

import io.fairlead.cli.InterceptRules.Family;
import java.util.ArrayList;
import java.util.List;

/**
 * Has packets that bear a mark delivered here whatever their destination, which TPROXY needs: a
 * rule and a routing table of their own. Stateless.
 */
final class PolicyRouting {
  /** Also Istio's. */
  static final String MARK = "0x539";

  /** Number of the routing table; also Istio's. */
  private static final String TABLE = "133";

  private PolicyRouting() {}

  /** The commands that set it up. */
  static List<List<String>> additions(List<Family> families) {
    var commands = new ArrayList<List<String>>();
    for (var family : families) {
      commands.add(rule(family, "add"));
      var local = List.of("ip", flag(family), "route", "replace", "local", all(family));
      var route = new ArrayList<>(local);
      route.addAll(List.of("dev", "lo", "table", TABLE));
      commands.add(route);
    }
    return commands;
  }

  private static List<String> rule(Family family, String action) {
    return List.of("ip", flag(family), "rule", action, "fwmark", MARK, "lookup", TABLE);
  }

  private static String flag(Family family) {
    return family == Family.IPV4 ? "-4" : "-6";
  }

  private static String all(Family family) {
    return family == Family.IPV4 ? "0.0.0.0/0" : "::/0";
  }

  /** Sets it up, in place of what was there. */
  static void add(List<Family> families) {
    remove();
    additions(families).forEach(command -> Tool.need("", command));
  }

  /** Takes all of it away; there need not be any, nor the program that does it. */
  static void remove() {
    if (!Tool.isPresent("ip")) {
      return;
    }
    for (var family : Family.values()) {
      Tool.untilItFails(rule(family, "del"));
      Tool.run("", List.of("ip", flag(family), "route", "flush", "table", TABLE));
    }
  }

  /** What is there. */
  static List<String> show() {
    var lines = new ArrayList<String>();
    if (Tool.isPresent("ip")) {
      for (var family : Family.values()) {
        Tool.run("", List.of("ip", flag(family), "rule", "show"))
            .out()
            .lines()
            .filter(line -> line.contains("fwmark " + MARK))
            .forEach(line -> lines.add("ip " + flag(family) + " rule " + line.strip()));
      }
    }
    return lines;
  }
}
