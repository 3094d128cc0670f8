package io.fairlead.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Which TCP connections of a host or network namespace are led to a proxy, and how that is said to
 * the kernel. Immutable.
 *
 * <p>What the proxy's own user opens is never led to it, since it would never get out; nor is what
 * stays on the loopback interface.
 *
 * @param outbound port to which connections that are opened here go, or empty
 * @param inbound port to which connections that come from elsewhere go, or empty
 * @param users whose connections are left alone, by number or name
 * @param excluded what else is left alone
 * @param addresses whether connections over IPv6 are led too
 */
record InterceptRules(
    Optional<Integer> outbound,
    Optional<Integer> inbound,
    List<String> users,
    Excluded excluded,
    Addresses addresses) {
  static final String OUTPUT = "FAIRLEAD_OUTPUT";
  static final String INBOUND = "FAIRLEAD_INBOUND";
  static final String TABLE = "fairlead";

  InterceptRules {
    users = List.copyOf(users);
    if (outbound.isEmpty() && inbound.isEmpty()) {
      throw new CommandException("--outbound-port or --inbound-port is required");
    }
    if (outbound.isPresent() && users.isEmpty()) {
      throw new CommandException(
          "--exclude-user: must name the user of the proxy, whose own connections would come back"
              + " to it otherwise");
    }
    for (var user : users) {
      if (!user.matches("[A-Za-z0-9_][A-Za-z0-9_-]{0,31}")) {
        throw new CommandException("--exclude-user: must be a user, was " + user);
      }
    }
    outbound.ifPresent(port -> port("--outbound-port", port));
    inbound.ifPresent(port -> port("--inbound-port", port));
  }

  /** Over which protocols connections are led. */
  enum Addresses {
    IPV4,
    IPV4_AND_IPV6
  }

  /** A version of the internet protocol. */
  enum Family {
    IPV4("iptables"),
    IPV6("ip6tables");

    private final String tool;

    Family(String tool) {
      this.tool = tool;
    }

    String tool() {
      return tool;
    }
  }

  /**
   * What is left alone.
   *
   * @param outboundPorts of destinations
   * @param inboundPorts of this host
   * @param networks of destinations, as CIDR
   */
  record Excluded(List<Integer> outboundPorts, List<Integer> inboundPorts, List<String> networks) {
    Excluded {
      outboundPorts = List.copyOf(outboundPorts);
      inboundPorts = List.copyOf(inboundPorts);
      networks = List.copyOf(networks);
      outboundPorts.forEach(port -> port("--exclude-outbound-port", port));
      inboundPorts.forEach(port -> port("--exclude-inbound-port", port));
      for (var network : networks) {
        if (!network.matches("[0-9a-fA-F:.]{2,45}(/[0-9]{1,3})?")) {
          throw new CommandException("--exclude-cidr: must be an address/bits, was " + network);
        }
      }
    }

    private List<String> networks(Family family) {
      return networks.stream()
          .filter(network -> network.contains(":") == (family == Family.IPV6))
          .toList();
    }
  }

  private static void port(String flag, int port) {
    if (port < 1 || port > 65_535) {
      throw new CommandException(flag + ": must be 1 to 65535, was " + port);
    }
  }

  /** The protocols whose connections are led. */
  List<Family> families() {
    return switch (addresses) {
      case IPV4 -> List.of(Family.IPV4);
      case IPV4_AND_IPV6 -> List.of(Family.IPV4, Family.IPV6);
    };
  }

  /** The rules of both chains for {@code iptables-restore --noflush}, which empties them first. */
  String restore(Family family) {
    var lines = new ArrayList<String>();
    lines.add("*nat");
    lines.add(":" + OUTPUT + " - [0:0]");
    lines.add(":" + INBOUND + " - [0:0]");
    outbound.ifPresent(
        port -> {
          lines.add("-A " + OUTPUT + " -o lo -j RETURN");
          users.forEach(
              user -> lines.add("-A " + OUTPUT + " -m owner --uid-owner " + user + " -j RETURN"));
          excluded
              .networks(family)
              .forEach(network -> lines.add("-A " + OUTPUT + " -d " + network + " -j RETURN"));
          excluded
              .outboundPorts()
              .forEach(own -> lines.add("-A " + OUTPUT + " -p tcp --dport " + own + " -j RETURN"));
          lines.add("-A " + OUTPUT + " -p tcp -j REDIRECT --to-ports " + port);
        });
    inbound.ifPresent(
        port -> {
          lines.add("-A " + INBOUND + " -i lo -j RETURN");
          excluded
              .inboundPorts()
              .forEach(own -> lines.add("-A " + INBOUND + " -p tcp --dport " + own + " -j RETURN"));
          lines.add("-A " + INBOUND + " -p tcp -j REDIRECT --to-ports " + port);
        });
    lines.add("COMMIT");
    return String.join("\n", lines) + "\n";
  }

  /** Where the kernel's own chains lead to ours: chain and target. */
  static List<List<String>> jumps() {
    return List.of(
        List.of("OUTPUT", "-p", "tcp", "-j", OUTPUT),
        List.of("PREROUTING", "-p", "tcp", "-j", INBOUND));
  }

  /** All of it for {@code nft -f -}: a table of its own, replaced in one step. */
  String nft() {
    var text = new StringBuilder(nftRemoval());
    text.append("table inet " + TABLE + " {\n");
    outbound.ifPresent(
        port -> {
          text.append("  chain output {\n    type nat hook output priority -100; policy accept;\n");
          restrict(text);
          text.append("    oifname \"lo\" return\n");
          users.forEach(user -> text.append("    meta skuid " + user + " return\n"));
          for (var network : excluded.networks(Family.IPV4)) {
            text.append("    ip daddr " + network + " return\n");
          }
          for (var network : excluded.networks(Family.IPV6)) {
            text.append("    ip6 daddr " + network + " return\n");
          }
          ports(text, excluded.outboundPorts());
          text.append("    meta l4proto tcp redirect to :" + port + "\n  }\n");
        });
    inbound.ifPresent(
        port -> {
          text.append(
              "  chain prerouting {\n"
                  + "    type nat hook prerouting priority -100; policy accept;\n");
          restrict(text);
          text.append("    iifname \"lo\" return\n");
          ports(text, excluded.inboundPorts());
          text.append("    meta l4proto tcp redirect to :" + port + "\n  }\n");
        });
    return text.append("}\n").toString();
  }

  private void restrict(StringBuilder text) {
    if (addresses == Addresses.IPV4) {
      text.append("    meta nfproto ipv6 return\n");
    }
  }

  private static void ports(StringBuilder text, List<Integer> ports) {
    if (!ports.isEmpty()) {
      var list = ports.stream().map(String::valueOf).collect(Collectors.joining(", "));
      text.append("    tcp dport { " + list + " } return\n");
    }
  }

  /** Takes the table away, whether it is there or not. */
  static String nftRemoval() {
    return "table inet " + TABLE + "\ndelete table inet " + TABLE + "\n";
  }
}
