package io.fairlead.traffic;

import io.fairlead.config.Manifest;
import io.fairlead.discovery.CatalogSnapshot;
import io.fairlead.traffic.Interception.OutboundPolicy;
import io.fairlead.traffic.RouteTable.VirtualHost;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The translation of one version of the configuration and one of the catalog to the traffic model.
 * Immutable and pure: equal inputs give equal outputs, and nothing is read from anywhere else.
 *
 * <p>What all nodes share is translated once; {@link #snapshot} adds what belongs to one node. A
 * change of the catalog translates only the services that it touches.
 */
public final class Mesh {
  private final Documents documents;
  private final MeshSettings settings;
  private final CatalogSnapshot catalog;
  private final Policies policies;
  private final RouteTranslation routes;
  private final SortedMap<String, Cluster> clusters;
  private final SortedMap<String, Endpoints> endpoints;
  private final RouteTable outbound;

  /** Made when a gateway wants them; they stay as long as the routes do. */
  private final Map<Manifest.Gateway, List<RouteTable>> ofGateways;

  /** Made when the first sidecar wants one, so that each is encoded once. */
  private final Map<OutboundPolicy, RouteTable> intercepted;

  /** What became of clusters for a gateway that shows a certificate, by their identity. */
  private final Map<Cluster, Cluster> showing =
      Collections.synchronizedMap(new IdentityHashMap<>());

  private Mesh(
      Inputs inputs,
      SortedMap<String, Cluster> clusters,
      SortedMap<String, Endpoints> endpoints,
      Optional<Mesh> before,
      Optional<Mesh> unchangedOutbound) {
    this.documents = inputs.documents();
    this.settings = inputs.settings();
    this.catalog = inputs.catalog();
    this.policies = inputs.policies();
    var sameRoutes = before.filter(mesh -> mesh.routes.isOf(documents, policies));
    this.routes =
        sameRoutes
            .map(mesh -> mesh.routes)
            .orElseGet(
                () -> new RouteTranslation(documents, policies, before.map(mesh -> mesh.routes)));
    this.ofGateways =
        sameRoutes
            .map(mesh -> mesh.ofGateways)
            .orElseGet(() -> Collections.synchronizedMap(new IdentityHashMap<>()));
    this.clusters = clusters;
    this.endpoints = endpoints;
    before.ifPresent(mesh -> keepShowing(mesh.showing));
    this.outbound = unchangedOutbound.map(Mesh::outbound).orElseGet(() -> outboundTable(before));
    this.intercepted =
        unchangedOutbound
            .map(same -> same.intercepted)
            .orElseGet(() -> Collections.synchronizedMap(new EnumMap<>(OutboundPolicy.class)));
  }

  private void keepShowing(Map<Cluster, Cluster> before) {
    if (!before.isEmpty()) {
      for (var cluster : clusters.values()) {
        var known = before.get(cluster);
        if (known != null) {
          showing.put(cluster, known);
        }
      }
    }
  }

  private record Inputs(
      Documents documents, CatalogSnapshot catalog, MeshSettings settings, Policies policies) {

    static Inputs of(Documents documents, CatalogSnapshot catalog, MeshSettings settings) {
      return new Inputs(documents, catalog, settings, new Policies(documents.others(), settings));
    }
  }

  /** Translates everything. */
  public static Mesh of(List<Manifest> documents, CatalogSnapshot catalog, MeshSettings settings) {
    return of(Inputs.of(Documents.of(documents), catalog, settings), Optional.empty());
  }

  private static Mesh of(Inputs inputs, Optional<Mesh> before) {
    var services = new Services(inputs.documents().others(), inputs.catalog());
    var translation = new ClusterTranslation(services, inputs.policies());
    var clusters = new TreeMap<String, Cluster>();
    var endpoints = new TreeMap<String, Endpoints>();
    for (var name : services.names()) {
      clusters.put(name, translation.cluster(name));
      endpoints.put(name, translation.endpoints(name));
    }
    entries(inputs.documents().others())
        .forEach(entry -> clusters.put(entry.metadata().name(), translation.external(entry)));
    before.ifPresent(
        mesh -> {
          keepEqual(mesh.clusters, clusters);
          keepEqual(mesh.endpoints, endpoints);
        });
    return new Mesh(inputs, clusters, endpoints, before, Optional.empty());
  }

  /** What is equal stays the same object, and so does what others have made of it. */
  private static <R> void keepEqual(Map<String, R> before, Map<String, R> made) {
    made.replaceAll(
        (name, value) -> {
          var known = before.get(name);
          return Objects.equals(known, value) ? known : value;
        });
  }

  /**
   * Translates later documents and a later state of the catalog by the same settings. Where nothing
   * but routes has changed, documents that are still the same objects give the same routes, so that
   * a change of one among many costs little.
   */
  public Mesh with(List<Manifest> laterDocuments, CatalogSnapshot later) {
    var parted = Documents.of(laterDocuments);
    if (later != catalog || !documents.differsInRoutesAlone(parted)) {
      return of(Inputs.of(parted, later, settings), Optional.of(this));
    }
    var inputs = new Inputs(parted, later, settings, policies);
    return new Mesh(inputs, clusters, endpoints, Optional.of(this), Optional.empty());
  }

  /**
   * Translates a later state of the catalog.
   *
   * @param later the whole new state
   * @param changed names of the services that differ from this state
   */
  public Mesh with(CatalogSnapshot later, Collection<String> changed) {
    var inputs = new Inputs(documents, later, settings, policies);
    var services = new Services(documents.others(), later);
    var translation = new ClusterTranslation(services, policies);
    var names = services.names();
    var nextClusters = new TreeMap<>(clusters);
    var nextEndpoints = new TreeMap<>(endpoints);
    for (var name : affected(services, changed)) {
      if (names.contains(name)) {
        nextClusters.put(name, translation.cluster(name));
        nextEndpoints.put(name, translation.endpoints(name));
      } else {
        nextClusters.remove(name);
        nextEndpoints.remove(name);
      }
    }
    entries(documents.others())
        .forEach(entry -> nextClusters.put(entry.metadata().name(), translation.external(entry)));
    keepEqual(clusters, nextClusters);
    keepEqual(endpoints, nextEndpoints);
    var sameNames = nextClusters.keySet().equals(clusters.keySet());
    return new Mesh(
        inputs,
        nextClusters,
        nextEndpoints,
        Optional.of(this),
        sameNames ? Optional.of(this) : Optional.empty());
  }

  private static Set<String> affected(Services services, Collection<String> changed) {
    var affected = new HashSet<String>();
    changed.forEach(service -> affected.addAll(services.affectedBy(service)));
    return affected;
  }

  /** Everything that this node needs; a gateway whose document is absent gets no listener. */
  public Snapshot snapshot(Node node) {
    return switch (node) {
      case Node.Sidecar sidecar -> sidecar(sidecar);
      case Node.Gateway gateway -> gateway(gateway);
      case Node.Client client ->
          new Snapshot(
              ClientTranslation.listeners(outbound, settings.samplePercent()),
              ClientTranslation.tables(outbound),
              List.copyOf(clusters.values()),
              List.copyOf(endpoints.values()),
              List.of());
    };
  }

  /** The state of the catalog that this was translated from. */
  public CatalogSnapshot catalog() {
    return catalog;
  }

  /** The documents that this was translated from. */
  public List<Manifest> documents() {
    return documents.all();
  }

  private Snapshot sidecar(Node.Sidecar node) {
    var translation = new SidecarTranslation(policies);
    var all = new ArrayList<>(clusters.values());
    all.add(translation.application(node));
    all.addAll(new InterceptionTranslation(node.interception()).clusters());
    return new Snapshot(
        translation.listeners(node),
        List.of(translation.inboundRoutes(), outbound(node.interception())),
        all,
        List.copyOf(endpoints.values()),
        policies.backendTls().roots());
  }

  private Snapshot gateway(Node.Gateway node) {
    var document =
        documents.others().stream()
            .filter(Manifest.Gateway.class::isInstance)
            .map(Manifest.Gateway.class::cast)
            .filter(gateway -> gateway.metadata().name().equals(node.gateway()))
            .findFirst();
    var translation =
        new GatewayTranslation(
            routes, policies, new StreamTranslation(documents.others(), policies.connections()));
    return new Snapshot(
        document.map(translation::listeners).orElse(List.of()),
        document
            .map(gateway -> ofGateways.computeIfAbsent(gateway, translation::routeTables))
            .orElse(List.of()),
        document
            .flatMap(GatewayTls::clientCertificate)
            .map(this::showing)
            .orElseGet(() -> List.copyOf(clusters.values())),
        List.copyOf(endpoints.values()),
        secrets(document));
  }

  /** The clusters, where endpoints outside the mesh are shown this certificate. */
  private List<Cluster> showing(String certificate) {
    var all = new ArrayList<Cluster>();
    for (var cluster : clusters.values()) {
      var made = policies.backendTls().showing(certificate, cluster);
      all.add(
          made == cluster
              ? cluster
              : showing.merge(cluster, made, (known, now) -> known.equals(now) ? known : now));
    }
    return all;
  }

  private List<Secret> secrets(Optional<Manifest.Gateway> document) {
    var secrets = new ArrayList<>(policies.backendTls().roots());
    document.map(new GatewayTls(documents.others())::secrets).ifPresent(secrets::addAll);
    return secrets;
  }

  /** One virtual host for each service, with the routes attached to it or else one to it. */
  private RouteTable outboundTable(Optional<Mesh> before) {
    var domains = new TreeMap<String, List<String>>();
    clusters.keySet().forEach(name -> domains.put(name, serviceDomains(name)));
    entries(documents.others())
        .forEach(entry -> domains.put(entry.metadata().name(), ClusterTranslation.domains(entry)));
    var attached = routes.by(Attachment::services);
    var known = new HashMap<String, VirtualHost>();
    before.ifPresent(
        mesh -> mesh.outbound.virtualHosts().forEach(host -> known.put(host.name(), host)));
    var hosts = new ArrayList<VirtualHost>();
    domains.forEach(
        (name, hostnames) -> {
          var own = attached.getOrDefault(name, List.of(Route.straight(name)));
          var host = new VirtualHost(name, hostnames, own);
          hosts.add(host.equals(known.get(name)) ? known.get(name) : host);
        });
    return new RouteTable(SidecarTranslation.OUTBOUND, hosts);
  }

  private static List<String> serviceDomains(String name) {
    return List.of(
        name, name + ".default", name + ".default.svc", name + ".default.svc.cluster.local");
  }

  private static Stream<Manifest.ServiceEntry> entries(List<Manifest> documents) {
    return documents.stream()
        .filter(Manifest.ServiceEntry.class::isInstance)
        .map(Manifest.ServiceEntry.class::cast);
  }

  /** The routes of the calls that applications make, the same for all sidecars. */
  public RouteTable outbound() {
    return outbound;
  }

  /** The routes of a sidecar that is intercepting so, the same for all of its kind. */
  public RouteTable outbound(Interception interception) {
    return switch (interception.mode()) {
      case NONE -> outbound;
      case REDIRECT, TPROXY ->
          intercepted.computeIfAbsent(
              interception.outbound(),
              policy -> InterceptionTranslation.outbound(outbound, policy));
    };
  }

  /** Those of the route tables of intercepting sidecars that have been wanted so far. */
  public List<RouteTable> interceptedTables() {
    synchronized (intercepted) {
      return List.copyOf(intercepted.values());
    }
  }

  /** Clusters by name. */
  public Map<String, Cluster> clusters() {
    return Map.copyOf(clusters);
  }

  /** Endpoints by name of the service. */
  public Map<String, Endpoints> endpoints() {
    return Map.copyOf(endpoints);
  }
}
