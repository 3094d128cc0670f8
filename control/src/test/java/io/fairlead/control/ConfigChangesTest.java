package io.fairlead.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.config.Manifests.ReferencedFiles;
import io.fairlead.control.ConfigStore.FileText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store that has seen many changes beside one that sees the last one alone. */
class ConfigChangesTest {
  private static final int ROUNDS = 400;
  private static final int FILES = 3;
  private static final int NAMES = 6;

  @TempDir Path data;
  private final long seed = new Random().nextLong();
  private final Random random = new Random(seed);
  private final Set<String> services = new HashSet<>(Set.of("a", "b"));

  /** Documents of each file by their names; some say what cannot be. */
  private final List<Map<String, String>> files = new ArrayList<>();

  @Test
  void filesAreJudgedAsIfNothingHadBeenThereBefore() throws IOException {
    for (int file = 0; file < FILES; file++) {
      files.add(new TreeMap<>());
    }
    var good = texts();
    int accepted = 0;
    try (var store = ConfigStore.open(data.resolve("config.db"), () -> services)) {
      for (int round = 0; round < ROUNDS; round++) {
        var before = files.stream().map(TreeMap::new).toList();
        for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
          change();
        }
        var wanted = texts();
        var outcome = store.directory(wanted);
        try (var fresh = ConfigStore.open(data.resolve(round + ".db"), () -> services)) {
          fresh.directory(good);
          var expected = fresh.directory(wanted);
          assertThat(outcome.getClass()).as(said(round)).isEqualTo(expected.getClass());
          if (expected instanceof ConfigOutcome.Refused) {
            assertThat(outcome).as(said(round)).isEqualTo(expected);
            // Or nothing would be accepted any more.
            files.clear();
            before.forEach(file -> files.add(new TreeMap<>(file)));
          } else {
            good = wanted;
            accepted++;
          }
          assertThat(store.documents()).as(said(round)).isEqualTo(fresh.documents());
          assertThat(store.manifests()).as(said(round)).isEqualTo(fresh.manifests());
        }
      }
    }
    assertThat(accepted).as("seed %d", seed).isBetween(ROUNDS / 4, ROUNDS * 9 / 10);
    var last = good;
    try (var store = ConfigStore.open(data.resolve("config.db"), () -> services);
        var fresh = ConfigStore.open(data.resolve("last.db"), () -> services)) {
      fresh.directory(last);
      assertThat(store.documents()).as("after a start, %s", said(0)).isEqualTo(fresh.documents());
    }
  }

  private String said(int round) {
    return "seed %d, round %d".formatted(seed, round);
  }

  private void change() {
    var file = files.get(random.nextInt(FILES));
    var name = "r" + random.nextInt(NAMES);
    switch (random.nextInt(8)) {
      case 0 -> file.remove(name);
      case 1 -> file.put("p" + name, policy(name));
      case 2 -> file.put("g", gateway());
      case 3 -> file.remove("p" + name);
      default -> {
        files.forEach(other -> other.remove(random.nextInt(10) > 0 ? name : ""));
        file.put(name, route(name));
      }
    }
  }

  private String route(String name) {
    var kind = random.nextInt(12) == 0 ? "GRPCRoute" : "HTTPRoute";
    var match =
        kind.equals("GRPCRoute")
            ? "method: { service: s" + random.nextInt(4) + " }"
            : "path: { type: Exact, value: /" + random.nextInt(12) + " }";
    return """
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: %s
        metadata: { name: %s }
        spec:
          parentRefs: [%s]
          hostnames: [h%d]
          rules: [{ matches: [{ %s }], backendRefs: [{ name: %s }] }]
        """
        .formatted(kind, name, parent(), random.nextInt(3), match, service());
  }

  private String parent() {
    return switch (random.nextInt(5)) {
      case 0 -> "{ name: gate }";
      case 1 -> "{ name: gate, sectionName: " + (random.nextBoolean() ? "web" : "other") + " }";
      default -> "{ kind: Service, name: " + service() + " }";
    };
  }

  private String service() {
    return random.nextInt(15) == 0 ? "nobody" : random.nextBoolean() ? "a" : "b";
  }

  private String gateway() {
    return """
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: { name: gate }
        spec: { listeners: [{ name: web, port: %d }] }
        """
        .formatted(8000 + random.nextInt(3));
  }

  private static String policy(String route) {
    return """
        ---
        apiVersion: fairlead.io/v1
        kind: ResiliencePolicy
        metadata: { name: %s }
        spec:
          targetRefs: [{ kind: HTTPRoute, name: %s }]
          timeout: { request: 1s }
        """
        .formatted("p" + route, route);
  }

  private List<FileText> texts() {
    var texts = new ArrayList<FileText>();
    for (int file = 0; file < files.size(); file++) {
      var text = String.join("", files.get(file).values());
      texts.add(new FileText("f" + file + ".yaml", text, ReferencedFiles.NONE));
    }
    return texts;
  }
}
