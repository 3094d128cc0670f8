package io.fairlead.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rules in a network namespace of their own, with a real gateway behind them. */
class InterceptIT {
  private static final String GATEWAY =
      """
      apiVersion: gateway.networking.k8s.io/v1
      kind: Gateway
      metadata: { name: edge }
      spec:
        gatewayClassName: fairlead
        listeners: [{ name: http, port: 15001, protocol: HTTP }]
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

  /** Arguments: tool, folder, java, class path, main class. */
  private static final String SCRIPT =
      """
      tool=$1; folder=$2
      java=$3; path=$4; main=$5
      fairlead() {
        "$java" -Xmx64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$path" $main "$@"
      }
      ip link set lo up
      ip link add apart0 type veth peer name apart1
      ip link set apart1 up
      ip addr add 10.9.9.1/24 dev apart0
      ip link set apart0 up
      fairlead gateway -f "$folder/gateway.yaml" --admin 0 --otlp none > "$folder/log" 2>&1 &
      gateway=$!
      trap 'kill $gateway' EXIT
      for i in $(seq 200); do grep -q 'listens on' "$folder/log" && break; sleep 0.1; done
      ask() {
        timeout 2 "$@" bash -c 'exec 3<>/dev/tcp/10.9.9.2/'$port' || exit 1
          printf "GET / HTTP/1.1\\r\\nHost: shop\\r\\nConnection: close\\r\\n\\r\\n" >&3
          head -1 <&3' 2> /dev/null || echo 'left alone'
      }
      add() {
        fairlead intercept add --tool $tool --outbound-port 15001 --exclude-user 0 \\
          --exclude-outbound-port 81
      }
      add && fairlead intercept show --tool $tool > "$folder/once"
      add && fairlead intercept show --tool $tool > "$folder/twice"
      cmp "$folder/once" "$folder/twice" && echo "twice is once"
      other="setpriv --reuid 65534 --clear-groups"
      port=80; echo "application: $(ask $other)"
      port=80; echo "proxy: $(ask env)"
      port=81; echo "excluded port: $(ask $other)"
      fairlead intercept remove --tool $tool
      fairlead intercept remove --tool $tool
      echo "shown afterwards: $(fairlead intercept show --tool $tool | grep -ci redirect)"
      port=80; echo "afterwards: $(ask $other)"
      """;

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(Firewall.class)
  void whatAnApplicationOpensIsLedToTheProxyUnlessItIsExcluded(Firewall firewall) throws Exception {
    var probe =
        firewall == Firewall.NFT
            ? "nft list ruleset"
            : "iptables -w -t nat -S && setpriv --version";
    var possible =
        Namespaces.run(folder, "unshare", "-n", "-p", "-f", "--mount-proc", "sh", "-c", probe);
    assumeTrue(
        possible.endsWith("exit 0"), "no network namespace with " + firewall + ": " + possible);
    Files.writeString(folder.resolve("gateway.yaml"), GATEWAY);
    var out =
        Namespaces.run(
            folder,
            "unshare",
            "-n",
            // With the script, the first process of its namespace, its gateway ends too.
            "-p",
            "-f",
            "--mount-proc",
            "--kill-child",
            "bash",
            "-c",
            SCRIPT,
            "bash",
            firewall.name(),
            folder.toString(),
            Namespaces.java(),
            Namespaces.classPath(),
            Fairlead.class.getName());
    assertThat(out.lines())
        .as(out)
        .contains(
            "twice is once",
            "application: HTTP/1.1 302 Found",
            "proxy: left alone",
            "excluded port: left alone",
            "shown afterwards: 0",
            "afterwards: left alone");
  }
}
