package io.fairlead.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Which TCP connections of a host or network namespace are led to a proxy, and how that is said to
 * the kernel. Immutable.
 *
 * <p>What the proxy's own user opens is never led to its outbound port, since it would never get
 * out; nor is what stays on the loopback interface. What it opens to a port of the application by
 * another address than loopback is a call of the application to itself, and led to the inbound port
 * as the calls of others are.
 *
 * @param outbound port to which connections that are opened here go, or empty
 * @param inbound where connections that come from elsewhere go, or empty
 * @param users whose connections are left alone, by number or name
 * @param excluded what else is left alone
 * @param addresses whether connections over IPv6 are led too
 */
record InterceptRules(
    Optional<Integer> outbound,
    Optional<Inbound> inbound,
    List<String> users,
    Excluded excluded,
    Addresses addresses) {
  static final String OUTPUT = "FAIRLEAD_OUTPUT";
  static final String INBOUND = "FAIRLEAD_INBOUND";
  static final String TPROXY = "FAIRLEAD_TPROXY";
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
    outbound.ifPresent(port -> checkPort("--outbound-port", port));
  }

  /** How connections are led to the inbound port. */
  enum Mode {
    /** By changing their destination, which the kernel remembers. */
    REDIRECT,
    /** As they are, to a transparent socket. */
    TPROXY
  }

  /**
   * Where connections from elsewhere go.
   *
   * @param port of the proxy
   * @param mode how they are led there
   * @param appPorts of the application, which the proxy may call in its host's own name
   */
  record Inbound(int port, Mode mode, List<Integer> appPorts) {
    Inbound {
      appPorts = List.copyOf(appPorts);
      checkPort("--inbound-port", port);
      appPorts.forEach(own -> checkPort("--app-port", own));
    }
  }

  /** Over which protocols connections are led. */
  enum Addresses {
    IPV4,
    IPV4_AND_IPV6
  }

  /** A version of the internet protocol. */
  enum Family {
    IPV4("iptables", "127.0.0.0/8"),
    IPV6("ip6tables", "::1/128");

    private final String tool;
    private final String loopback;

    Family(String tool, String loopback) {
      this.tool = tool;
      this.loopback = loopback;
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
      outboundPorts.forEach(port -> checkPort("--exclude-outbound-port", port));
      inboundPorts.forEach(port -> checkPort("--exclude-inbound-port", port));
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

  private static void checkPort(String flag, int port) {
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

  /** Whether connections are led by TPROXY, which takes more than rules. */
  boolean isTransparent() {
    return inbound.filter(led -> led.mode() == Mode.TPROXY).isPresent();
  }

  /** The rules of all chains for {@code iptables-restore --noflush}, which empties them first. */
  String restore(Family family) {
    var lines = new ArrayList<String>();
    lines.add("*nat");
    lines.add(":" + OUTPUT + " - [0:0]");
    lines.add(":" + INBOUND + " - [0:0]");
    inbound.ifPresent(led -> selfCalls(family, led, lines));
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
    inbound
        .filter(led -> led.mode() == Mode.REDIRECT)
        .ifPresent(
            led -> {
              leaveAlone(INBOUND, lines);
              lines.add("-A " + INBOUND + " -p tcp -j REDIRECT --to-ports " + led.port());
            });
    lines.add("COMMIT");
    inbound
        .filter(led -> led.mode() == Mode.TPROXY)
        .ifPresent(led -> transparent(led.port(), lines));
    return String.join("\n", lines) + "\n";
  }

  private void selfCalls(Family family, Inbound led, List<String> lines) {
    for (var user : users) {
      for (int port : led.appPorts()) {
        lines.add(
            "-A "
                + OUTPUT
                + " -o lo ! -d "
                + family.loopback
                + " -p tcp --dport "
                + port
                + " -m owner --uid-owner "
                + user
                + " -j REDIRECT --to-ports "
                + led.port());
      }
    }
  }

  private void leaveAlone(String chain, List<String> lines) {
    lines.add("-A " + chain + " -i lo -j RETURN");
    excluded
        .inboundPorts()
        .forEach(own -> lines.add("-A " + chain + " -p tcp --dport " + own + " -j RETURN"));
  }

  /** Only what is new is led; what belongs to a transparent socket is brought to it by its mark. */
  private void transparent(int port, List<String> lines) {
    var chain = "-A " + TPROXY;
    lines.add("*mangle");
    lines.add(":" + TPROXY + " - [0:0]");
    leaveAlone(TPROXY, lines);
    lines.add(chain + " -p tcp -m socket --transparent -j MARK --set-mark " + PolicyRouting.MARK);
    lines.add(chain + " -p tcp -m socket --transparent -j RETURN");
    lines.add(chain + " -p tcp -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN");
    lines.add(
        chain
            + " -p tcp -j TPROXY --on-port "
            + port
            + " --tproxy-mark "
            + PolicyRouting.MARK
            + "/0xffffffff");
    lines.add("COMMIT");
  }

  /** How a chain of the kernel leads to one of ours. */
  record Jump(String table, List<String> rule) {
    String chain() {
      return rule.getLast();
    }
  }

  /** Every jump that there may be. */
  static List<Jump> jumps() {
    return List.of(
        new Jump("nat", List.of("OUTPUT", "-p", "tcp", "-j", OUTPUT)),
        new Jump("nat", List.of("PREROUTING", "-p", "tcp", "-j", INBOUND)),
        new Jump("mangle", List.of("PREROUTING", "-p", "tcp", "-j", TPROXY)));
  }

  /** Those that these rules need. */
  List<Jump> ownJumps() {
    return jumps().stream().filter(jump -> isTransparent() || jump.table().equals("nat")).toList();
  }

  /** All of it for {@code nft -f -}: a table of its own, replaced in one step. */
  String nft() {
    var text = new StringBuilder(nftRemoval());
    text.append("table inet " + TABLE + " {\n");
    outbound.ifPresent(
        port -> {
          text.append("  chain output {\n    type nat hook output priority -100; policy accept;\n");
          restrict(text);
          inbound.ifPresent(led -> selfCalls(led, text));
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
        led -> {
          var hook =
              switch (led.mode()) {
                case REDIRECT -> "nat hook prerouting priority -100";
                case TPROXY -> "filter hook prerouting priority -150";
              };
          text.append("  chain prerouting {\n    type " + hook + "; policy accept;\n");
          restrict(text);
          text.append("    iifname \"lo\" return\n");
          ports(text, excluded.inboundPorts());
          switch (led.mode()) {
            case REDIRECT -> text.append("    meta l4proto tcp redirect to :" + led.port() + "\n");
            case TPROXY -> transparent(led.port(), text);
          }
          text.append("  }\n");
        });
    return text.append("}\n").toString();
  }

  private void selfCalls(Inbound led, StringBuilder text) {
    for (var user : users) {
      for (int port : led.appPorts()) {
        for (var family : families()) {
          var address = family == Family.IPV4 ? "ip" : "ip6";
          text.append("    oifname \"lo\" meta skuid " + user + " tcp dport " + port);
          text.append(" " + address + " daddr != " + family.loopback);
          text.append(" redirect to :" + led.port() + "\n");
        }
      }
    }
  }

  private void transparent(int port, StringBuilder text) {
    var mark = "meta mark set " + PolicyRouting.MARK;
    text.append("    meta l4proto tcp socket transparent 1 " + mark + " return\n");
    text.append("    ct state established,related return\n");
    for (var family : families()) {
      var address = family == Family.IPV4 ? "ip" : "ip6";
      var protocol = family == Family.IPV4 ? "ipv4" : "ipv6";
      text.append("    meta nfproto " + protocol + " meta l4proto tcp tproxy " + address);
      text.append(" to :" + port + " " + mark + " accept\n");
    }
    // Without a proxy the rule before does not match, as if nobody had wanted one.
    text.append("    meta l4proto tcp drop\n");
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
