package io.fairlead.traffic;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.config.Analysis;
import io.fairlead.config.Manifest;
import io.fairlead.config.Manifests;
import io.fairlead.discovery.CatalogChange;
import io.fairlead.discovery.CatalogSnapshot;
import io.fairlead.discovery.HealthStatus;
import io.fairlead.discovery.Instance;
import io.fairlead.discovery.InstanceKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class MeshTest {
  private static final Node SIDECAR =
      new Node.Sidecar(
          "payment-1",
          "payment",
          "default",
          new HostPort("127.0.0.1", 15006),
          new HostPort("127.0.0.1", 15001),
          new HostPort("127.0.0.1", 8080),
          Cluster.Protocol.HTTP_1);
  private static final Node EDGE = new Node.Gateway("edge-1", "edge");

  private static Instance instance(String service, String id, String version) {
    var mtls = Map.of(MeshSettings.MTLS, "true");
    return new Instance(
        service,
        id,
        "127.0.0.1",
        9000 + id.hashCode() % 100,
        version,
        Map.of(),
        mtls,
        HealthStatus.UP);
  }

  private static CatalogSnapshot catalog(Instance... instances) {
    var state = new CatalogSnapshot("test", 0, Map.of());
    for (var instance : instances) {
      state = state.apply(new CatalogChange.Put(state.version() + 1, instance));
    }
    return state;
  }

  private static CatalogSnapshot shop() {
    return catalog(
        instance("payment", "payment-1", "v1"),
        instance("bank", "bank-1", "v1"),
        instance("user", "user-1", "v1").withStatus(HealthStatus.STARTING),
        instance("shipping", "shipping-1", "v1"),
        instance("shipping", "shipping-2", "v2").withStatus(HealthStatus.OUT_OF_SERVICE));
  }

  private static List<Manifest> documents(String yaml, CatalogSnapshot catalog) {
    var parsed = Manifests.parse("test.yaml", yaml, Manifests.ReferencedFiles.NONE);
    assertThat(parsed.faults()).isEmpty();
    assertThat(Analysis.faults(parsed.documents(), catalog.services().keySet())).isEmpty();
    return parsed.documents();
  }

  private static String resource(String name) throws IOException {
    try (var in = MeshTest.class.getResourceAsStream("/golden/" + name)) {
      return in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** Run with -Dgolden.update=true to accept a new output after looking at its difference. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "plain",
        "policies",
        "canary",
        "gateway",
        "external",
        "backends",
        "destinations",
        "matches",
        "calls",
        "filters",
        "secure",
        "streams",
        "logs"
      })
  void theTranslationIsTheGoldenOne(String name) throws IOException {
    var mesh =
        Mesh.of(documents(resource(name + ".yaml"), shop()), shop(), MeshSettings.defaults());
    var text = ModelText.of(mesh.snapshot(SIDECAR)) + ModelText.of(mesh.snapshot(EDGE));
    if (Boolean.getBoolean("golden.update")) {
      Files.writeString(Path.of("src/test/resources/golden", name + ".golden"), text);
    }
    assertThat(text).isEqualTo(resource(name + ".golden"));
  }

  /** The same for a sidecar to which the kernel leads connections. */
  @ParameterizedTest
  @EnumSource(Interception.OutboundPolicy.class)
  void theTranslationForAnInterceptingSidecarIsTheGoldenOne(Interception.OutboundPolicy policy)
      throws IOException {
    var mesh = Mesh.of(List.of(), shop(), MeshSettings.defaults());
    var inbound =
        switch (policy) {
          case ALLOW_ANY -> Interception.InboundPolicy.PASS_THROUGH;
          case REGISTRY_ONLY -> Interception.InboundPolicy.REFUSE;
        };
    var node =
        intercepting(
            new Interception(
                Interception.Mode.TPROXY, policy, inbound, Interception.USUAL_DETECTION));
    var text = ModelText.of(mesh.snapshot(node));
    var name = "interception-" + policy.name().toLowerCase(Locale.ROOT) + ".golden";
    if (Boolean.getBoolean("golden.update")) {
      Files.writeString(Path.of("src/test/resources/golden", name), text);
    }
    assertThat(text).isEqualTo(resource(name));
  }

  @Test
  void instancesSayWhereTheyRunAndWhatIsNoPlaceIsNotKnown() {
    var west = instance("bank", "bank-1", "v1").withMetadata(Map.of(MeshSettings.LOCALITY, "w/a"));
    var wrong = instance("bank", "bank-2", "v1").withMetadata(Map.of(MeshSettings.LOCALITY, "a b"));
    var mesh = Mesh.of(List.of(), catalog(west, wrong), MeshSettings.defaults());
    var bank = Objects.requireNonNull(mesh.endpoints().get("bank"));
    assertThat(bank.endpoints())
        .extracting(Endpoint::locality)
        .containsExactly(new Locality("w", "a", ""), Locality.NONE);
  }

  @Test
  void anIncrementalUpdateGivesWhatATranslationOfEverythingGives() throws IOException {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    var documents = documents(resource("canary.yaml"), shop());
    var state = shop();
    var mesh = Mesh.of(documents, state, MeshSettings.defaults());
    for (int round = 0; round < 500; round++) {
      var service = List.of("a", "b", "shipping", "payment").get(random.nextInt(4));
      var instance = instance(service, service + "-" + random.nextInt(4), "v" + random.nextInt(3));
      long version = state.version() + 1;
      state =
          state.apply(
              random.nextInt(3) == 0
                  ? new CatalogChange.Removed(
                      version,
                      new InstanceKey(service, instance.id()),
                      CatalogChange.RemovalReason.EXPIRED)
                  : new CatalogChange.Put(
                      version, random.nextBoolean() ? instance : instance.withMetadata(Map.of())));
      mesh = mesh.with(state, List.of(service));
      var whole = Mesh.of(documents, state, MeshSettings.defaults());
      for (var node : List.of(SIDECAR, EDGE)) {
        assertThat(mesh.snapshot(node))
            .as("seed %d, round %d", seed, round)
            .isEqualTo(whole.snapshot(node));
      }
    }
  }

  @Test
  void laterDocumentsGiveWhatATranslationOfThemAloneGives() throws IOException {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    var pool = new ArrayList<Manifest>();
    for (var name : List.of("gateway", "policies", "matches", "calls", "filters", "secure")) {
      pool.addAll(documents(resource(name + ".yaml"), shop()));
    }
    var mesh = Mesh.of(List.of(), shop(), MeshSettings.defaults());
    for (int round = 0; round < 300; round++) {
      var ids = new HashSet<Manifest.Id>();
      var documents = new ArrayList<Manifest>();
      Collections.shuffle(pool, random);
      for (var document : pool) {
        if (random.nextInt(5) > 0 && ids.add(document.id())) {
          documents.add(document);
        }
      }
      mesh = mesh.with(documents, shop());
      assertSameAsWhole(mesh, documents, "seed %d, round %d".formatted(seed, round));
      // And a change of nothing but one route, which is what keeps the others.
      var route = documents.stream().filter(Manifest.HttpRoute.class::isInstance).findAny();
      route.ifPresent(documents::remove);
      mesh = mesh.with(documents, shop());
      assertSameAsWhole(mesh, documents, "seed %d, round %d, one less".formatted(seed, round));
      var place = random.nextInt(documents.size() + 1);
      route.ifPresent(document -> documents.add(place, document));
      mesh = mesh.with(documents, shop());
      assertSameAsWhole(mesh, documents, "seed %d, round %d, one more".formatted(seed, round));
    }
  }

  @Test
  void aFewRoutesAmongManyComeToTheirPlaces() {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    var routes = new ArrayList<Manifest>();
    for (int i = 0; i < 500; i++) {
      routes.add(routeOf(i, random));
    }
    var mesh = Mesh.of(edgeWith(routes), shop(), MeshSettings.defaults());
    for (int round = 0; round < 100; round++) {
      for (int change = random.nextInt(4); change >= 0; change--) {
        int place = random.nextInt(routes.size());
        routes.set(place, routeOf(1_000 + 10 * round + change, random));
      }
      mesh = mesh.with(edgeWith(routes), shop());
      assertSameAsWhole(mesh, edgeWith(routes), "seed %d, round %d".formatted(seed, round));
    }
  }

  private static List<Manifest> edgeWith(List<Manifest> routes) {
    var yaml =
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: { name: edge }
        spec: { listeners: [{ name: plain, port: 8000 }] }
        """;
    var all = new ArrayList<>(documents(yaml, shop()));
    all.addAll(routes);
    return all;
  }

  /** With four matches, which often have the precedence of each other and of other routes. */
  private static Manifest routeOf(int number, Random random) {
    var matches = new StringBuilder();
    boolean calls = number % 2 == 1;
    for (var last : List.of("w", "x", "y", "z")) {
      var name = "a".repeat(1 + random.nextInt(3)) + number;
      matches.append(
          calls
              ? "{ method: { service: " + name + ", method: " + last + " } },"
              : "{ path: { type: Exact, value: /" + name + last + " } },");
    }
    var yaml =
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: %s
        metadata: { name: "r%d-%d" }
        spec:
          parentRefs: [{ name: edge }]
          rules: [{ matches: [%s], backendRefs: [{ name: user }] }]
        """
            .formatted(calls ? "GRPCRoute" : "HTTPRoute", random.nextInt(1_000), number, matches);
    return Manifests.parse("route", yaml, Manifests.ReferencedFiles.NONE).documents().getFirst();
  }

  private static void assertSameAsWhole(Mesh mesh, List<Manifest> documents, String what) {
    var whole = Mesh.of(documents, shop(), MeshSettings.defaults());
    for (var node : List.of(SIDECAR, EDGE)) {
      assertThat(mesh.snapshot(node)).as(what).isEqualTo(whole.snapshot(node));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gateway", "calls"})
  void aRouteThatDidNotChangeKeepsItsObjectsUnlessAPolicyChanged(String name) throws IOException {
    var documents = documents(resource(name + ".yaml"), shop());
    var first = Mesh.of(documents, shop(), MeshSettings.defaults());
    var all = routes(first);
    var last = documents.stream().filter(Manifest.HttpRoute.class::isInstance).toList().getLast();
    var fewer = new ArrayList<>(documents);
    fewer.remove(last);
    var kept = routes(first.with(fewer, shop()));
    assertThat(kept).isNotEmpty().allMatch(all::contains);
    var policy = documents(resource("policies.yaml"), shop()).getFirst();
    var more = new ArrayList<>(documents);
    more.add(policy);
    assertThat(routes(first.with(more, shop()))).isNotEmpty().noneMatch(all::contains);
  }

  /** By identity. */
  private static Set<Route> routes(Mesh mesh) {
    var found = Collections.<Route>newSetFromMap(new IdentityHashMap<>());
    for (var table : mesh.snapshot(EDGE).routeTables()) {
      table.virtualHosts().forEach(host -> found.addAll(host.routes()));
    }
    return found;
  }

  @Test
  void whatDidNotChangeKeepsItsObject() {
    var before = Mesh.of(List.of(), shop(), MeshSettings.defaults());
    var later = shop().apply(new CatalogChange.Put(99, instance("bank", "bank-2", "v1")));
    var after = before.with(later, List.of("bank"));
    assertThat(after.endpoints().get("payment")).isSameAs(before.endpoints().get("payment"));
    assertThat(after.outbound()).isSameAs(before.outbound());
    assertThat(after.endpoints().get("bank")).isNotEqualTo(before.endpoints().get("bank"));
  }

  private static Node.Sidecar intercepting(Interception interception) {
    return new Node.Sidecar(
        "payment-1",
        "payment",
        "default",
        new HostPort("0.0.0.0", 15006),
        new HostPort("127.0.0.1", 15001),
        new HostPort("127.0.0.1", 8080),
        Cluster.Protocol.HTTP_1,
        interception);
  }

  @Test
  void anInterceptingSidecarHasIstiosClustersAndARouteForUnknownHosts() {
    var mesh = Mesh.of(List.of(), shop(), MeshSettings.defaults());
    var open =
        mesh.snapshot(
            intercepting(
                new Interception(
                    Interception.Mode.TPROXY,
                    Interception.OutboundPolicy.ALLOW_ANY,
                    Interception.InboundPolicy.PASS_THROUGH,
                    Interception.USUAL_DETECTION)));
    assertThat(open.clusters())
        .extracting(Cluster::name)
        .contains("PassthroughCluster", "InboundPassthroughCluster", "BlackHoleCluster");
    var inbound = open.listeners().get(0).intakeOrUsual().originalDestination();
    assertThat(inbound)
        .contains(
            new OriginalDestination(
                OriginalDestination.Source.TPROXY, List.of(8080), "InboundPassthroughCluster"));
    var outbound = open.listeners().get(1);
    assertThat(outbound.intakeOrUsual().originalDestination())
        .contains(new OriginalDestination(OriginalDestination.Source.REDIRECT));
    var hosts = open.routeTables().get(1).virtualHosts();
    assertThat(open.routeTables().get(1).name()).isEqualTo(outbound.routeTable());
    assertThat(hosts.getLast().routes().getFirst().action())
        .isEqualTo(RouteAction.Forward.to("PassthroughCluster"));
    assertThat(hosts).hasSize(mesh.outbound().virtualHosts().size() + 1);
  }

  @Test
  void registryOnlyRefusesWhatNobodyHasDeclared() {
    var mesh = Mesh.of(List.of(), shop(), MeshSettings.defaults());
    var node =
        intercepting(
            new Interception(
                Interception.Mode.REDIRECT,
                Interception.OutboundPolicy.REGISTRY_ONLY,
                Interception.InboundPolicy.REFUSE,
                Interception.USUAL_DETECTION));
    var closed = mesh.snapshot(node);
    assertThat(closed.listeners().get(0).intakeOrUsual().originalDestination())
        .contains(
            new OriginalDestination(
                OriginalDestination.Source.REDIRECT, List.of(8080), "BlackHoleCluster"));
    assertThat(closed.listeners().get(1).intakeOrUsual().tcp().getFirst().clusters())
        .containsExactly(new RouteAction.WeightedCluster("BlackHoleCluster", 1));
    var table = closed.routeTables().get(1);
    assertThat(table.virtualHosts().getLast().routes().getFirst().action())
        .isInstanceOfSatisfying(
            RouteAction.DirectResponse.class, direct -> assertThat(direct.status()).isEqualTo(502));
    assertThat(mesh.snapshot(node).routeTables().get(1)).isSameAs(table);
    assertThat(mesh.snapshot(SIDECAR).routeTables().get(1)).isSameAs(mesh.outbound());
  }

  @Test
  void weightAndPriorityOfAnInstanceComeFromItsMetadata() {
    for (var text : List.of("7", "127", "128", "-1", "x")) {
      var metadata = Map.of("fairlead.io/weight", text, "fairlead.io/priority", text);
      var bank = instance("bank", "bank-1", "v1").withMetadata(metadata);
      var endpoints = Mesh.of(List.of(), catalog(bank), settings()).endpoints().get("bank");
      var endpoint = requireNonNull(endpoints).endpoints().getFirst();
      int number = text.matches("\\d+") ? Integer.parseInt(text) : 1;
      assertThat(endpoint.weight()).isEqualTo(number);
      assertThat(endpoint.priority()).isEqualTo(text.matches("7|127") ? Integer.parseInt(text) : 0);
    }
  }

  @Test
  void anInstanceWithoutProxyGetsNothingFromAServiceThatSpeaksMutualTls() {
    var bare = instance("bank", "bank-2", "v1").withMetadata(Map.of());
    var mixed = Mesh.of(List.of(), catalog(instance("bank", "bank-1", ""), bare), settings());
    assertThat(requireNonNull(mixed.endpoints().get("bank")).endpoints())
        .extracting(Endpoint::id)
        .containsExactly("bank-1");
    assertThat(requireNonNull(mixed.clusters().get("bank")).tls()).isPresent();
    var plain = Mesh.of(List.of(), catalog(bare), settings());
    assertThat(requireNonNull(plain.clusters().get("bank")).tls()).isEmpty();
    assertThat(requireNonNull(plain.endpoints().get("bank")).endpoints()).hasSize(1);
  }

  private static MeshSettings settings() {
    return MeshSettings.defaults();
  }

  @Test
  void clustersThatAGatewayShowsACertificateStayTheSameObjects() throws IOException {
    var mesh =
        Mesh.of(documents(resource("backends.yaml"), shop()), shop(), MeshSettings.defaults());
    var before = partner(mesh.snapshot(EDGE));
    assertThat(before.tls().map(ClientTls::certificate)).hasValue("Secret|edge");
    assertThat(partner(mesh.snapshot(SIDECAR)).tls().map(ClientTls::certificate)).hasValue("");
    var later = catalog(instance("bank", "bank-1", "v1"));
    var after = mesh.with(later, List.of("payment", "bank", "user", "shipping"));
    assertThat(partner(after.snapshot(EDGE))).isSameAs(before);
  }

  private static Cluster partner(Snapshot snapshot) {
    return snapshot.clusters().stream()
        .filter(cluster -> cluster.name().equals("partner"))
        .findFirst()
        .orElseThrow();
  }
}
