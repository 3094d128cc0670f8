package io.fairlead.cli;

import io.fairlead.cli.InterceptRules.Addresses;
import io.fairlead.cli.InterceptRules.Mode;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fairlead intercept}: leads connections to a proxy without the application's help. */
@Command(
    name = "intercept",
    description = {
      "Lead connections to a proxy by rules of the kernel.",
      "The rules are those of the network namespace in which the command runs, and need the right"
          + " to administer it. Connections that are led to the outbound port of a sidecar are"
          + " routed by the name that the application calls."
    },
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      InterceptCommand.Add.class,
      InterceptCommand.Remove.class,
      InterceptCommand.Show.class
    },
    footer = {"", "Example: fairlead intercept add --outbound-port 15001 --exclude-user fairlead"})
final class InterceptCommand {
  private InterceptCommand() {}

  /** Sets rules. */
  @Command(
      name = "add",
      description = "Set the rules, in place of those that were set before.",
      mixinStandardHelpOptions = true)
  static final class Add implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;

    @Option(
        names = "--outbound-port",
        paramLabel = "PORT",
        description = "Lead connections that are opened here to this port of the proxy.")
    private Optional<Integer> outbound = Optional.empty();

    @Option(
        names = "--inbound-port",
        paramLabel = "PORT",
        description =
            "Lead connections from elsewhere to this port of the proxy, which must not listen on"
                + " loopback alone.")
    private Optional<Integer> inbound = Optional.empty();

    @Option(
        names = "--mode",
        paramLabel = "MODE",
        defaultValue = "REDIRECT",
        description = {
          "How connections from elsewhere are led: ${COMPLETION-CANDIDATES}; the sidecar must be"
              + " told the same by --interception-mode (default: ${DEFAULT-VALUE})."
        })
    private Mode mode = Mode.REDIRECT;

    @Option(
        names = "--app-port",
        paramLabel = "PORT",
        split = ",",
        description = {
          "Port of the application: what the proxy's user opens to it in this host's own name goes"
              + " to --inbound-port too, so that an application can call itself."
        })
    private List<Integer> appPorts = List.of();

    @Option(
        names = "--exclude-user",
        paramLabel = "USER",
        split = ",",
        description = "Leave alone what these users open; the proxy's is one of them.")
    private List<String> users = List.of();

    @Option(
        names = "--exclude-outbound-port",
        paramLabel = "PORT",
        split = ",",
        description = "Leave alone what goes to these ports.")
    private List<Integer> outboundPorts = List.of();

    @Option(
        names = "--exclude-inbound-port",
        paramLabel = "PORT",
        split = ",",
        description = "Leave alone what comes to these ports, such as SSH and health checks.")
    private List<Integer> inboundPorts = List.of();

    @Option(
        names = "--exclude-cidr",
        paramLabel = "ADDRESS/BITS",
        split = ",",
        description = "Leave alone what goes to these networks.")
    private List<String> networks = List.of();

    @Option(names = "--ipv6", description = "Lead connections over IPv6 too.")
    private boolean ipv6;

    @Option(
        names = "--tool",
        description = "${COMPLETION-CANDIDATES} (default: iptables where it is there).")
    private Optional<Firewall> tool = Optional.empty();

    @Option(names = "--dry-run", description = "Print what would be done and do nothing.")
    private boolean dryRun;

    @Override
    public Integer call() {
      var excluded = new InterceptRules.Excluded(outboundPorts, inboundPorts, networks);
      var addresses = ipv6 ? Addresses.IPV4_AND_IPV6 : Addresses.IPV4;
      var led = inbound.map(port -> new InterceptRules.Inbound(port, mode, appPorts));
      var rules = new InterceptRules(outbound, led, users, excluded, addresses);
      var firewall = tool.orElseGet(Firewall::present);
      if (dryRun) {
        Output.of(spec).out().print(firewall.dryRun(rules) + routing(rules));
        return 0;
      }
      try {
        firewall.add(rules);
        if (rules.isTransparent()) {
          PolicyRouting.add(rules.families());
        } else {
          PolicyRouting.remove();
        }
        return 0;
      } catch (CommandException failed) {
        firewall.remove();
        PolicyRouting.remove();
        throw failed;
      }
    }

    private static String routing(InterceptRules rules) {
      return rules.isTransparent()
          ? PolicyRouting.additions(rules.families()).stream()
              .map(command -> "# " + String.join(" ", command) + "\n")
              .collect(Collectors.joining())
          : "";
    }
  }

  /** Removes them. */
  @Command(
      name = "remove",
      description = "Remove every rule that 'add' has set; there need not be any.",
      mixinStandardHelpOptions = true)
  static final class Remove implements Callable<Integer> {
    @Option(names = "--tool", description = "${COMPLETION-CANDIDATES} (default: as with add).")
    private Optional<Firewall> tool = Optional.empty();

    @Override
    public Integer call() {
      tool.orElseGet(Firewall::present).remove();
      PolicyRouting.remove();
      return 0;
    }
  }

  /** Prints them. */
  @Command(
      name = "show",
      description = "Print the rules that are set.",
      mixinStandardHelpOptions = true)
  static final class Show implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;

    @Option(names = "--tool", description = "${COMPLETION-CANDIDATES} (default: as with add).")
    private Optional<Firewall> tool = Optional.empty();

    @Override
    public Integer call() {
      var out = Output.of(spec).out();
      out.print(tool.orElseGet(Firewall::present).show());
      PolicyRouting.show().forEach(line -> out.print(line + "\n"));
      return 0;
    }
  }
}
