package io.fairlead.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.config.Manifest.ConnectionPolicy;
import io.fairlead.config.Manifest.ConnectionPolicy.Upgrade;
import java.util.List;
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
  void unknownUpgradeIsAFault() {
    assertThat(faults("{ targetRefs: [{ kind: HTTPRoute, name: r }], upgrades: [h2c] }"))
        .singleElement()
        .satisfies(fault -> assertThat(fault).contains("upgrades", "websocket, CONNECT", "h2c"));
  }
}
