package io.fairlead.cli;

import io.fairlead.cli.InterceptRules.Family;
import io.fairlead.cli.InterceptRules.Jump;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Sets and removes interception rules with the tools of the operating system, in the network
 * namespace of this process. Stateless.
 */
enum Firewall {
  /** Chains of our own in the tables {@code nat} and {@code mangle}, to which the kernel's jump. */
  IPTABLES {
    @Override
    void add(InterceptRules rules) {
      if (!rules.isTransparent()) {
        removeChain("mangle", InterceptRules.TPROXY);
      }
      for (var family : rules.families()) {
        Tool.need(rules.restore(family), restore(family));
        for (var jump : rules.ownJumps()) {
          if (!Tool.run("", command(family, "-C", jump)).succeeded()) {
            Tool.need("", command(family, "-A", jump));
          }
        }
      }
    }

    @Override
    void remove() {
      InterceptRules.jumps().forEach(jump -> removeChain(jump.table(), jump.chain()));
    }

    @Override
    String show() {
      var lines = new ArrayList<String>();
      for (var family : Family.values()) {
        for (var table : List.of("nat", "mangle")) {
          Tool.run("", list(family, table))
              .out()
              .lines()
              .filter(line -> line.contains("FAIRLEAD_"))
              .forEach(line -> lines.add(family.tool() + " -t " + table + " " + line));
        }
      }
      return lines.stream().map(line -> line + "\n").collect(Collectors.joining());
    }

    @Override
    String dryRun(InterceptRules rules) {
      var text = new StringBuilder();
      for (var family : rules.families()) {
        text.append("# ").append(String.join(" ", restore(family))).append('\n');
        text.append(rules.restore(family));
        for (var jump : rules.ownJumps()) {
          text.append("# ").append(String.join(" ", command(family, "-A", jump))).append('\n');
        }
      }
      return text.toString();
    }
  },

  /** A table of our own, which comes and goes in one step. */
  NFT {
    @Override
    void add(InterceptRules rules) {
      Tool.need(rules.nft(), List.of("nft", "-f", "-"));
    }

    @Override
    void remove() {
      Tool.need(InterceptRules.nftRemoval(), List.of("nft", "-f", "-"));
    }

    @Override
    String show() {
      return Tool.run("", List.of("nft", "list", "table", "inet", InterceptRules.TABLE)).out();
    }

    @Override
    String dryRun(InterceptRules rules) {
      return "# nft -f -\n" + rules.nft();
    }
  };

  /** Puts the rules in force, in place of those that were there. */
  abstract void add(InterceptRules rules);

  /** Removes every rule that {@link #add} has made. */
  abstract void remove();

  /** The rules that are there; empty if there are none. */
  abstract String show();

  /** What {@link #add} would do. */
  abstract String dryRun(InterceptRules rules);

  /** The tool that is here: iptables if both are. */
  static Firewall present() {
    if (Tool.isPresent("iptables")) {
      return IPTABLES;
    }
    if (Tool.isPresent("nft")) {
      return NFT;
    }
    throw new CommandException("neither iptables nor nft is here: install one of them");
  }

  private static List<String> restore(Family family) {
    return List.of(family.tool() + "-restore", "-w", "--noflush");
  }

  private static List<String> list(Family family, String table) {
    return List.of(family.tool(), "-w", "-t", table, "-S");
  }

  private static List<String> command(Family family, String action, Jump jump) {
    var arguments = new ArrayList<>(List.of(family.tool(), "-w", "-t", jump.table(), action));
    arguments.addAll(jump.rule());
    return arguments;
  }

  /** Removes a chain of ours and what leads to it, whether they are there or not. */
  private static void removeChain(String table, String chain) {
    for (var family : Family.values()) {
      if (!Tool.run("", list(family, table)).succeeded()) {
        continue;
      }
      for (var jump : InterceptRules.jumps()) {
        if (jump.chain().equals(chain)) {
          Tool.untilItFails(command(family, "-D", jump));
        }
      }
      if (Tool.run("", List.of(family.tool(), "-w", "-t", table, "-F", chain)).succeeded()) {
        Tool.need("", List.of(family.tool(), "-w", "-t", table, "-X", chain));
      }
    }
  }
}
