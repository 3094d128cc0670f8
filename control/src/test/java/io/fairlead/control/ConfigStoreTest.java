package io.fairlead.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.config.Manifest;
import io.fairlead.config.Manifests.ReferencedFiles;
import io.fairlead.control.ConfigOutcome.Change.Kind;
import io.fairlead.control.ConfigStore.FileText;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigStoreTest {
  @TempDir Path data;
  private ConfigStore store;

  @BeforeEach
  void open() throws IOException {
    store = ConfigStore.open(data.resolve("config.db"), Set::of);
  }

  @AfterEach
  void close() throws IOException {
    store.close();
  }

  private static String route(String name, String path) {
    return """
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: { name: %s }
    spec:
      parentRefs: [{ kind: Service, name: shop }]
      rules: [{ matches: [{ path: { type: Exact, value: %s } }], backendRefs: [{ name: shop }] }]
    """
        .formatted(name, path);
  }

  private static final String SHOP =
      """
      apiVersion: v1
      kind: Service
      metadata: { name: shop }
      spec: { selector: { service: stall } }
      """;

  private static FileText file(String name, String... documents) {
    return new FileText(name, String.join("", documents), ReferencedFiles.NONE);
  }

  private Map<String, Manifest> inForce() {
    var byName = new HashMap<String, Manifest>();
    store.manifests().forEach(manifest -> byName.put(manifest.metadata().name(), manifest));
    return byName;
  }

  private Manifest manifest(String name) {
    return Objects.requireNonNull(inForce().get(name));
  }

  @Test
  void documentsWhoseTextIsTheSameKeepTheirObjects() throws IOException {
    store.directory(List.of(file("a", SHOP, route("r", "/r")), file("b", route("s", "/s"))));
    var before = inForce();
    var outcome =
        store.directory(List.of(file("a", SHOP, route("r", "/x")), file("b", route("s", "/s"))));
    assertThat(outcome).isInstanceOf(ConfigOutcome.Accepted.class);
    var after = inForce();
    assertThat(after.get("shop")).isSameAs(before.get("shop"));
    assertThat(after.get("s")).isSameAs(before.get("s"));
    assertThat(after.get("r")).isNotEqualTo(before.get("r"));
  }

  @Test
  void whatTheApiIsToldOnceMoreKeepsItsObjectsAndIsCalledUnchanged() throws IOException {
    store.apply(file("a", SHOP, route("r", "/r")));
    var before = inForce();
    var outcome = store.apply(file("a", SHOP, route("r", "/r"), route("s", "/s")));
    assertThat(((ConfigOutcome.Accepted) outcome).changes())
        .extracting(ConfigOutcome.Change::kind)
        .containsExactly(Kind.UNCHANGED, Kind.CREATED, Kind.UNCHANGED);
    assertThat(inForce().get("r")).isSameAs(before.get("r"));
  }

  @Test
  void aDocumentThatNamesAFileIsReadAnew() throws IOException {
    var pem =
        new ArrayList<>(List.of("-----BEGIN CERTIFICATE-----\nQQ==\n-----END CERTIFICATE-----"));
    ReferencedFiles files = name -> pem.getLast();
    var map =
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: { name: roots }
        files: { ca.crt: roots.pem }
        """;
    store.directory(List.of(new FileText("a", map, files)));
    var first = ((Manifest.ConfigMap) manifest("roots")).data();
    pem.add("-----BEGIN CERTIFICATE-----\nQg==\n-----END CERTIFICATE-----");
    store.directory(List.of(new FileText("a", map, files)));
    assertThat(((Manifest.ConfigMap) manifest("roots")).data()).isNotEqualTo(first);
    assertThat(store.version()).isEqualTo(2);
  }

  @Test
  void aMovedDocumentIsKnownByItsNewLineAlsoAfterAStart() throws IOException {
    store.directory(List.of(file("a", SHOP, route("r", "/r"))));
    store.directory(List.of(file("a", SHOP, "# a comment\n", route("r", "/r"))));
    assertThat(manifest("r").metadata().at()).hasToString("a:7:1");
    store.close();
    open();
    assertThat(manifest("r").metadata().at()).hasToString("a:7:1");
    assertThat(inForce()).containsOnlyKeys("shop", "r");
  }

  @Test
  void whatWasDeletedIsGoneAfterAStart() throws IOException {
    store.directory(List.of(file("a", SHOP, route("r", "/r"), route("s", "/s"))));
    store.directory(List.of(file("a", SHOP, route("s", "/s"))));
    store.close();
    open();
    assertThat(inForce()).containsOnlyKeys("shop", "s");
    assertThat(store.version()).isEqualTo(2);
  }

  @Test
  void theDatabaseOfAnEarlierReleaseIsRead() throws Exception {
    store.close();
    var old = data.resolve("old.db");
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + old);
        var statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE document (kind TEXT, namespace TEXT, name TEXT, origin TEXT NOT NULL,"
              + " file TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (kind, namespace, name))");
      statement.execute(
          "INSERT INTO document VALUES ('Service', 'default', 'shop', 'DIRECTORY', 'a', '\n\n\n"
              + SHOP
              + "')");
    }
    store = ConfigStore.open(old, Set::of);
    assertThat(manifest("shop").metadata().at()).hasToString("a:4:1");
    var known = inForce().get("shop");
    store.directory(List.of(file("a", "\n\n\n", SHOP, route("r", "/r"))));
    assertThat(inForce().get("shop")).isSameAs(known);
  }

  @Test
  void aDocumentIsDeletedOnceAtATime() throws IOException {
    store.apply(file("a", SHOP, route("r", "/r")));
    var id = manifest("r").id();
    assertThat(store.delete(List.of(id, id))).isInstanceOf(ConfigOutcome.Refused.class);
    assertThat(inForce()).containsOnlyKeys("shop", "r");
    assertThat(store.delete(List.of(id))).isInstanceOf(ConfigOutcome.Accepted.class);
    assertThat(inForce()).containsOnlyKeys("shop");
  }
}
