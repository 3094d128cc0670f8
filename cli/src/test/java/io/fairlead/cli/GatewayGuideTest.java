package io.fairlead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.config.Manifest;
import io.fairlead.discovery.CatalogSnapshot;
import io.fairlead.traffic.Mesh;
import io.fairlead.traffic.MeshSettings;
import io.fairlead.traffic.Node;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the guide for a gateway on its own shows can be used as it stands. */
class GatewayGuideTest {
  private static final Path GUIDE = Path.of("..", "docs", "gateway.md");
  private static final Pattern YAML = Pattern.compile("(?s)```yaml\n(.*?)```");

  @TempDir Path folder;

  private List<String> examples() throws IOException {
    return YAML.matcher(Files.readString(GUIDE)).results().map(found -> found.group(1)).toList();
  }

  private void write(String name, String text) throws IOException {
    var file = Files.writeString(folder.resolve(name), text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  @Test
  void everyExampleIsGoodBesideTheFirst() throws IOException {
    write("shop.crt", "certificate");
    write("shop.key", "key");
    var examples = examples();
    assertThat(examples).hasSizeGreaterThan(5);
    for (int i = 0; i < examples.size(); i++) {
      write("gateway.yaml", examples.getFirst() + (i == 0 ? "" : "---\n" + examples.get(i)));
      try (var files = new GatewayFiles(List.of(folder.resolve("gateway.yaml").toString()))) {
        var loaded = files.load();
        assertThat(loaded.faults()).as(examples.get(i)).isEmpty();
        assertThat(loaded.warnings()).as(examples.get(i)).isEmpty();
        assertLeadsSomewhere(loaded.documents());
      }
    }
  }

  /** Each listener has a way on, so that no example is only half of one. */
  private static void assertLeadsSomewhere(List<Manifest> documents) {
    var mesh = Mesh.of(documents, CatalogSnapshot.empty(), MeshSettings.defaults());
    for (var document : documents) {
      if (document instanceof Manifest.Gateway gateway) {
        var name = gateway.metadata().name();
        var snapshot = mesh.snapshot(new Node.Gateway("id", name));
        assertThat(snapshot.listeners()).as(name).isNotEmpty();
        assertThat(snapshot.routeTables())
            .allSatisfy(table -> assertThat(table.virtualHosts()).as(name).isNotEmpty());
      }
    }
  }
}
