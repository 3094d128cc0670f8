package io.fairlead.testkit.tidy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Libraries, then servers, then the commands, then the demo; never back. */
class ModuleGraphTest {
  private static final Set<String> BINDINGS =
      Set.of("resilience-reactor", "resilience-micrometer", "resilience-opentelemetry");
  private static final Set<String> LIBRARIES =
      Set.of(
          "resilience",
          "resilience-reactor",
          "resilience-micrometer",
          "resilience-opentelemetry",
          "outbox",
          "telemetry",
          "discovery",
          "config",
          "traffic",
          "xds",
          "client",
          "spring",
          "health");
  private static final Set<String> SERVERS = Set.of("registry", "control", "traces", "proxy");
  private static final Set<String> ABOVE =
      Set.of("cli", "sidecar", "demo", "interop", "benchmarks");
  private static final Pattern NULL_MARKED =
      Pattern.compile("(?m)^@(org\\.jspecify\\.annotations\\.)?NullMarked\\b");

  private static final Repository REPOSITORY = Repository.current();

  @Test
  void everyModuleHasItsPlace() throws IOException {
    var known = new TreeSet<>(LIBRARIES);
    known.addAll(SERVERS);
    known.addAll(ABOVE);
    known.add("testkit");
    assertThat(known).containsAll(graph().modules());
  }

  @Test
  void basesKnowNobody() throws IOException {
    assertThat(known("resilience")).isEmpty();
    assertThat(known("telemetry")).isEmpty();
    // The settings of the policies are declared once, where they are enforced.
    assertThat(known("config")).isSubsetOf("resilience");
  }

  @Test
  void bindingsKnowTheirLibraryAloneAndNobodyHereKnowsThem() throws IOException {
    for (var binding : BINDINGS) {
      assertThat(known(binding)).as("known by %s", binding).containsExactly("resilience");
      assertThat(dependents(binding)).as("dependents of %s", binding).isSubsetOf(ABOVE);
    }
  }

  @Test
  void librariesFollowTheDirectionOfTheDesign() throws IOException {
    assertThat(known("outbox")).isSubsetOf("resilience");
    assertThat(known("discovery")).isSubsetOf("resilience", "telemetry");
    assertThat(known("traffic")).isSubsetOf("config", "discovery", "resilience");
    assertThat(known("xds"))
        .isSubsetOf("traffic", "config", "discovery", "resilience", "telemetry");
    for (var library : LIBRARIES) {
      assertThat(known(library)).as("known by %s", library).isSubsetOf(LIBRARIES);
    }
  }

  @Test
  void serversKnowLibrariesAndNeverEachOther() throws IOException {
    for (var server : SERVERS) {
      assertThat(known(server)).as("known by %s", server).isSubsetOf(LIBRARIES);
    }
  }

  @Test
  void onlyTheDemoAndTheSidecarsClassPathStandOnTheCommands() throws IOException {
    assertThat(dependents("cli")).isSubsetOf("demo", "sidecar");
    assertThat(dependents("sidecar")).isEmpty();
    assertThat(dependents("demo")).isEmpty();
  }

  @Test
  void testkitKnowsNobodyAndOnlyTestsKnowIt() throws IOException {
    var graph = graph();
    assertThat(graph.dependencies()).noneMatch(dependency -> dependency.from().equals("testkit"));
    assertThat(graph.dependencies())
        .filteredOn(dependency -> dependency.to().equals("testkit"))
        .allMatch(dependency -> dependency.scope().equals("test"));
  }

  @Test
  void testsOfLibrariesAndServersStayBelowTheCommandsToo() throws IOException {
    assertThat(graph().dependencies())
        .filteredOn(dependency -> SERVERS.contains(dependency.to()))
        .allMatch(dependency -> ABOVE.contains(dependency.from()));
  }

  @Test
  void everyPackageIsNullMarked() {
    var sources = REPOSITORY.javaFiles();
    var marked =
        sources.stream()
            .filter(file -> file.path().matches(".*/(package|module)-info\\.java"))
            .filter(file -> NULL_MARKED.matcher(file.text()).find())
            .map(ModuleGraphTest::folder)
            .collect(Collectors.toSet());
    var folders = sources.stream().map(ModuleGraphTest::folder).collect(Collectors.toSet());
    assertThat(folders)
        .filteredOn(folder -> !marked.contains(folder) && !marked.contains(module(folder)))
        .as("packages without @NullMarked")
        .isEmpty();
  }

  /** Of a source, without the difference between main and test, which share their packages. */
  private static String folder(TextFile source) {
    var folder = source.path().replaceFirst("/[^/]*$", "");
    return folder.replace("/src/test/", "/src/main/");
  }

  private static String module(String folder) {
    return folder.replaceFirst("/src/main/java.*", "/src/main/java");
  }

  private static Set<String> known(String module) throws IOException {
    return graph().production().getOrDefault(module, Set.of());
  }

  private static Set<String> dependents(String module) throws IOException {
    return graph().dependencies().stream()
        .filter(dependency -> dependency.to().equals(module))
        .map(ModuleGraph.Dependency::from)
        .collect(Collectors.toSet());
  }

  private static ModuleGraph graph() throws IOException {
    return ModuleGraph.of(REPOSITORY);
  }
}
