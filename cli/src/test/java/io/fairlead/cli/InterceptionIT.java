package io.fairlead.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Programs without any proxy settings, whose connections the kernel leads to a sidecar. There are
 * two network namespaces: that of the control plane and of other services, 10.9.1.1, and that of
 * the application {@code order} and its sidecar, 10.9.1.2.
 */
class InterceptionIT {
  private static final String POLICY =
      """
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: { name: bank }
      spec:
        parentRefs: [{ kind: Service, name: bank }]
        rules:
          - filters:
              - type: ResponseHeaderModifier
                responseHeaderModifier: { set: [{ name: x-mesh, value: routed }] }
            backendRefs: [{ name: bank }]
      """;

  /** Somebody outside who speaks HTTP/2 in clear text. */
  private static final String GATEWAY =
      """
      apiVersion: gateway.networking.k8s.io/v1
      kind: Gateway
      metadata: { name: edge }
      spec:
        gatewayClassName: fairlead
        addresses: [{ value: 10.9.1.1 }]
        listeners: [{ name: http, port: 8085, protocol: HTTP }]
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: { name: all }
      spec:
        parentRefs: [{ name: edge }]
        hostnames: [shop]
        rules:
          - filters:
              - type: RequestRedirect
                requestRedirect: { hostname: elsewhere.example, statusCode: 302 }
      """;

  @TempDir Path folder;

  private void assume(String probe) throws Exception {
    var possible =
        Namespaces.run(
            folder, "unshare", "-n", "-m", "-p", "-f", "--mount-proc", "sh", "-ec", probe);
    assumeTrue(possible.endsWith("exit 0"), probe + ": " + possible);
  }

  private static final String NAMESPACES =
      "mount -t tmpfs none /run; ip netns add x; setpriv --version; curl --version | grep HTTP2";

  /** What the script prints beside its own lines is of use when it fails. */
  private List<String> script(String name, String... arguments) throws Exception {
    Files.writeString(folder.resolve("policy.yaml"), POLICY);
    Files.writeString(folder.resolve("gateway.yaml"), GATEWAY);
    copyPeers();
    // With the script, which is the first process of its namespace, everything ends that it began.
    var command =
        new ArrayList<>(
            List.of(
                "unshare", "-n", "-m", "-p", "-f", "--mount-proc", "--kill-child", "bash", "-c"));
    try (var in = InterceptionIT.class.getResourceAsStream("/interception/" + name + ".sh");
        var common = InterceptionIT.class.getResourceAsStream("/interception/common.sh")) {
      if (in == null || common == null) {
        throw new IOException("no script " + name);
      }
      command.add(new String(common.readAllBytes(), UTF_8) + new String(in.readAllBytes(), UTF_8));
    }
    command.addAll(List.of("bash", folder.toString(), Namespaces.java(), Namespaces.classPath()));
    command.addAll(Arrays.asList(arguments));
    return Namespaces.run(folder, command.toArray(String[]::new)).lines().toList();
  }

  /** Where every user can read them. */
  private void copyPeers() throws IOException {
    var own = "io/fairlead/cli/InterceptionPeers.class";
    var target = folder.resolve("classes").resolve(own);
    Files.createDirectories(target.getParent());
    try (var in = InterceptionIT.class.getResourceAsStream("/" + own)) {
      if (in == null) {
        throw new IOException("no class " + own);
      }
      Files.copy(in, target);
    }
  }

  @ParameterizedTest
  @EnumSource(Firewall.class)
  void callsWithoutProxySettingsGoThroughTheSidecar(Firewall firewall) throws Exception {
    assume(NAMESPACES + (firewall == Firewall.NFT ? "; nft list ruleset" : "; iptables -t nat -S"));
    assertThat(script("outbound", firewall.name()))
        .contains(
            "by name: bank through a proxy, routed",
            "by address: bank through a proxy",
            "cluster by address: bank",
            "unknown: outside through a proxy",
            "cluster of unknown: PassthroughCluster",
            "unknown in HTTP/2: 302",
            "reached in: HTTP/2",
            "server first: 220 ready, got 4",
            "half-closed: 220 ready, got 5",
            "excluded port: excluded directly",
            "excluded user: outside directly",
            "to the proxy itself: 503",
            "octets to the proxy itself: failed",
            "own connections: 5xx, 1 line",
            "after kill -9: none",
            "rules left: 0",
            "after removal: outside directly")
        .contains("exit 0");
  }

  @Test
  void withRegistryOnlyUndeclaredDestinationsAreRefused() throws Exception {
    assume(NAMESPACES + "; iptables -t nat -S");
    assertThat(script("registry-only"))
        .contains(
            "declared: bank through a proxy",
            "undeclared: 502",
            "undeclared and silent: failed",
            "exit 0");
  }

  @Test
  void callsOverIpv6GoOnToTheirDestination() throws Exception {
    assume(NAMESPACES + "; ip6tables -t nat -S; ip addr add fd09::1/64 dev lo");
    assertThat(script("ipv6"))
        .contains(
            "server first: 220 ready, got 4",
            "http: outside through a proxy",
            "http over IPv4: outside through a proxy",
            "exit 0");
  }

  @ParameterizedTest
  @CsvSource({"REDIRECT, IPTABLES", "TPROXY, IPTABLES", "TPROXY, NFT"})
  void callsFromElsewhereToAnyPortComeToTheSidecar(InterceptRules.Mode mode, Firewall firewall)
      throws Exception {
    assume(NAMESPACES + (firewall == Firewall.NFT ? "; nft list ruleset" : "; iptables -t nat -S"));
    if (mode == InterceptRules.Mode.TPROXY) {
      assume(
          "iptables -t mangle -A PREROUTING -p tcp -m socket --transparent -j RETURN;"
              + " iptables -t mangle -A PREROUTING -p tcp -j TPROXY --on-port 1"
              + " --tproxy-mark 1/1; ip rule add fwmark 1 lookup 133");
    }
    assertThat(script("inbound", mode.name(), firewall.name()))
        .contains(
            "from the mesh: order through a proxy for shop",
            "from itself: order through a proxy for order",
            "plain text: none",
            "undeclared port: second directly",
            "undeclared server first: 220 ready, got 4",
            "excluded port: third directly",
            "client seen: 10.9.1.1",
            "rules left: 0",
            "refused undeclared port: none",
            "exit 0");
  }
}
