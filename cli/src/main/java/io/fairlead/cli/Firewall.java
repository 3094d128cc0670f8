package io.fairlead.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fairlead.cli.InterceptRules.Family;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Sets and removes interception rules with the tools of the operating system, in the network
 * namespace of this process. Stateless.
 */
enum Firewall {
  /** Chains of our own in the table {@code nat}, to which the kernel's chains jump. */
  IPTABLES {
    @Override
    void add(InterceptRules rules) {
      for (var family : rules.families()) {
        need(family.tool() + "-restore", rules.restore(family), "-w", "--noflush");
        for (var jump : InterceptRules.jumps()) {
          if (run(family.tool(), "", nat("-C", jump)).code != 0) {
            need(family.tool(), "", nat("-A", jump));
          }
        }
      }
    }

    @Override
    void remove() {
      for (var family : Family.values()) {
        if (run(family.tool(), "", "-w", "-t", "nat", "-S").code != 0) {
          continue;
        }
        for (var jump : InterceptRules.jumps()) {
          for (int i = 0; i < MOST_JUMPS; i++) {
            if (run(family.tool(), "", nat("-D", jump)).code != 0) {
              break;
            }
          }
        }
        for (var chain : List.of(InterceptRules.OUTPUT, InterceptRules.INBOUND)) {
          if (run(family.tool(), "", "-w", "-t", "nat", "-F", chain).code == 0) {
            need(family.tool(), "", "-w", "-t", "nat", "-X", chain);
          }
        }
      }
    }

    @Override
    String show() {
      var lines = new ArrayList<String>();
      for (var family : Family.values()) {
        run(family.tool(), "", "-w", "-t", "nat", "-S")
            .out
            .lines()
            .filter(line -> line.contains("FAIRLEAD_"))
            .forEach(line -> lines.add(family.tool() + " -t nat " + line));
      }
      return lines.stream().map(line -> line + "\n").collect(Collectors.joining());
    }

    @Override
    String dryRun(InterceptRules rules) {
      var text = new StringBuilder();
      for (var family : rules.families()) {
        text.append("# ").append(family.tool()).append("-restore -w --noflush\n");
        text.append(rules.restore(family));
        for (var jump : InterceptRules.jumps()) {
          text.append("# ").append(family.tool()).append(' ');
          text.append(String.join(" ", nat("-A", jump))).append('\n');
        }
      }
      return text.toString();
    }
  },

  /** A table of our own, which comes and goes in one step. */
  NFT {
    @Override
    void add(InterceptRules rules) {
      need("nft", rules.nft(), "-f", "-");
    }

    @Override
    void remove() {
      need("nft", InterceptRules.nftRemoval(), "-f", "-");
    }

    @Override
    String show() {
      return run("nft", "", "list", "table", "inet", InterceptRules.TABLE).out;
    }

    @Override
    String dryRun(InterceptRules rules) {
      return "# nft -f -\n" + rules.nft();
    }
  };

  private static final int MOST_JUMPS = 16;
  private static final long LONGEST_SECONDS = 30;

  /** What a tool said: on standard output if all went well, on either if not. */
  private record Result(int code, String out) {}

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
    for (var firewall : List.of(IPTABLES, NFT)) {
      var tool = firewall == IPTABLES ? "iptables" : "nft";
      try {
        if (run(tool, "", "--version").code == 0) {
          return firewall;
        }
      } catch (CommandException absent) {
        continue;
      }
    }
    throw new CommandException("neither iptables nor nft is here: install one of them");
  }

  private static String[] nat(String action, List<String> jump) {
    var arguments = new ArrayList<>(List.of("-w", "-t", "nat", action));
    arguments.addAll(jump);
    return arguments.toArray(String[]::new);
  }

  private static void need(String tool, String input, String... arguments) {
    var result = run(tool, input, arguments);
    if (result.code != 0) {
      var command = tool + " " + String.join(" ", arguments);
      throw new CommandException(command + " failed: " + result.out.strip());
    }
  }

  private static Result run(String tool, String input, String... arguments) {
    var command = new ArrayList<>(List.of(tool));
    command.addAll(List.of(arguments));
    try {
      var process = new ProcessBuilder(command).redirectErrorStream(true).start();
      try (var in = process.getOutputStream()) {
        in.write(input.getBytes(UTF_8));
      }
      var out = new String(process.getInputStream().readAllBytes(), UTF_8);
      if (!process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new CommandException(tool + " did not end within " + LONGEST_SECONDS + " s");
      }
      return new Result(process.exitValue(), out);
    } catch (IOException failed) {
      throw new CommandException("cannot run " + tool + ": " + failed.getMessage(), failed);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new CommandException("interrupted", interrupted);
    }
  }
}
