package io.fairlead.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.config.ConnectionPolicy.Upgrade;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ConnectionPolicyTest {
  private static Manifests parse(String spec) {
    return Manifests.parse(
        "mesh.yaml",
        "apiVersion: fairlead.io/v1\nkind: ConnectionPolicy\nmetadata: { name: p }\nspec: " + spec,
        Manifests.ReferencedFiles.NONE);
  }

  private static ConnectionPolicy policy(String spec) {
    var parsed = parse(spec);
    assertThat(parsed.faults()).isEmpty();
    return (ConnectionPolicy) parsed.documents().getFirst();
  }

  private static List<String> faults(String spec) {
    return parse(spec).faults().stream().map(Fault::toString).toList();
  }

  @Test
  void upgradesAreReadInAnyCase() {
    var route = "targetRefs: [{ kind: HTTPRoute, name: r }]";
    assertThat(policy("{ " + route + ", upgrades: [WebSocket, connect] }").upgrades())
        .hasValue(List.of(Upgrade.WEBSOCKET, Upgrade.CONNECT));
    assertThat(policy("{ " + route + ", upgrades: [] }").upgrades()).hasValue(List.of());
    assertThat(policy("{ " + route + " }").upgrades()).isEmpty();
  }

  @Test
  void fieldsBelongToKindsOfTargets() {
    var gateway =
        policy(
            "{ targetRefs: [{ kind: Gateway, name: g, sectionName: s }],"
                + " clientProxyProtocol: OPTIONAL, detectionTimeout: 0s }");
    assertThat(gateway.clientHeader()).hasValue(ConnectionPolicy.ClientHeader.OPTIONAL);
    assertThat(gateway.detectionTimeout()).hasValue(java.time.Duration.ZERO);
    assertThat(gateway.targets().getFirst().section()).hasValue("s");
    assertThat(
            policy("{ targetRefs: [{ kind: Service, name: s }], proxyProtocol: V1 }")
                .endpointHeader())
        .hasValue(ConnectionPolicy.EndpointHeader.V1);
    assertThat(faults("{ targetRefs: [{ kind: Gateway, name: g }], proxyProtocol: V1 }"))
        .singleElement()
        .satisfies(fault -> assertThat(fault).contains("proxyProtocol", "kind Service only"));
    assertThat(faults("{ targetRefs: [{ kind: Gateway, name: g }], detectionTimeout: 6m }"))
        .singleElement()
        .satisfies(fault -> assertThat(fault).contains("detectionTimeout", "0s to 5m"));
  }

  @Test
  void boundsOfHttpAreReadAndChecked() {
    var http =
        policy(
                "{ targetRefs: [{ kind: Gateway, name: g }], maxRequestHeaders: 8KiB,"
                    + " http2: { maxConcurrentStreams: 7, streamWindow: 128KiB,"
                    + " connectionWindow: 1MiB, maxResets: 8, maxIdleFrames: 10 } }")
            .http();
    assertThat(http)
        .isEqualTo(
            new ConnectionPolicy.Http(
                Optional.of(7),
                Optional.of(128 << 10),
                Optional.of(1 << 20),
                Optional.of(8),
                Optional.of(10),
                Optional.of(8)));
    assertThat(policy("{ targetRefs: [{ kind: Service, name: s }] }").http())
        .isEqualTo(ConnectionPolicy.Http.USUAL);
    assertThat(
            faults(
                "{ targetRefs: [{ kind: HTTPRoute, name: r }], maxRequestHeaders: 64KiB,"
                    + " http2: { streamWindow: 1KiB, connectionWindow: 128KiB } }"))
        .anySatisfy(fault -> assertThat(fault).contains("http2", "Gateway and Service only"))
        .anySatisfy(fault -> assertThat(fault).contains("maxRequestHeaders", "1KiB to 32KiB"))
        .anySatisfy(fault -> assertThat(fault).contains("streamWindow", "64KiB to 16MiB"))
        .anySatisfy(fault -> assertThat(fault).contains("connectionWindow", "smaller"));
  }

  @Test
  void streamRoutesTakeOneRuleAndOneListenerEach() {
    var route =
        "apiVersion: gateway.networking.k8s.io/v1alpha2\nkind: TCPRoute\nmetadata: { name: %s }\n"
            + "spec: { parentRefs: [{ name: g, sectionName: a }], rules: [%s] }\n---\n";
    var gateway =
        "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: { name: g }\n"
            + "spec: { listeners: [{ name: a, port: 1, protocol: TCP }] }\n";
    var rule = "{ backendRefs: [{ name: s }] }";
    var twice =
        Manifests.parse(
            "mesh.yaml",
            route.formatted("x", rule) + route.formatted("y", rule) + gateway,
            Manifests.ReferencedFiles.NONE);
    assertThat(twice.faults()).isEmpty();
    assertThat(Analysis.faults(twice.documents(), List.of("s")))
        .singleElement()
        .satisfies(fault -> assertThat(fault.toString()).contains("has a TCPRoute for *"));
    var two =
        Manifests.parse(
            "mesh.yaml", route.formatted("x", rule + ", " + rule), Manifests.ReferencedFiles.NONE);
    assertThat(two.faults().toString()).contains("must be one rule");
  }

  @Test
  void unknownUpgradeIsAFault() {
    assertThat(faults("{ targetRefs: [{ kind: HTTPRoute, name: r }], upgrades: [h2c] }"))
        .singleElement()
        .satisfies(fault -> assertThat(fault).contains("upgrades", "websocket, CONNECT", "h2c"));
  }
}
