package io.fairlead.control;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.DiscoveryType;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.route.v3.Route.ActionCase;
import io.envoyproxy.envoy.config.route.v3.RouteMatch.PathSpecifierCase;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.ClientTls;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Endpoint;
import io.fairlead.traffic.Endpoints;
import io.fairlead.traffic.HeaderChanges;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Locality;
import io.fairlead.traffic.PeerValidation;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.Route.PathMatch;
import io.fairlead.traffic.Route.ValueMatch;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.RouteTable;
import io.fairlead.traffic.Snapshot;
import io.fairlead.traffic.StringMatch;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class GrpcResourcesTest {
  private static final Set<ActionCase> ACTIONS =
      EnumSet.of(ActionCase.ROUTE, ActionCase.NON_FORWARDING_ACTION);
  private static final Set<PathSpecifierCase> PATHS =
      EnumSet.of(PathSpecifierCase.PATH, PathSpecifierCase.PREFIX, PathSpecifierCase.SAFE_REGEX);
  private static final Endpoint HERE =
      new Endpoint("bank-1", new HostPort("127.0.0.1", 9001), 3, Endpoint.Health.HEALTHY);

  @Test
  void noRouteHasWhatWouldCostThemTheWholeTable() {
    long seed = new Random().nextLong();
    var model = new RandomModel(seed);
    int routes = 0;
    for (int i = 0; i < 3000; i++) {
      if (model.resource() instanceof RouteTable table) {
        for (var host : GrpcRouteEncoder.table(table, Map.of()).getVirtualHostsList()) {
          for (var route : host.getRoutesList()) {
            routes++;
            assertThat(route.getActionCase()).as("seed %d", seed).isIn(ACTIONS);
            assertThat(route.getMatch().getPathSpecifierCase()).as("seed %d", seed).isIn(PATHS);
            assertThat(route.getMatch().getQueryParametersList()).as("seed %d", seed).isEmpty();
            assertThat(route.getTypedPerFilterConfigMap()).as("seed %d", seed).isEmpty();
          }
        }
      }
    }
    assertThat(routes).isPositive();
  }

  private static io.envoyproxy.envoy.config.route.v3.RouteConfiguration routes(
      Route.Match match, RouteAction action) {
    var route =
        new Route(
            "one",
            match,
            action,
            HeaderChanges.NONE,
            HeaderChanges.NONE,
            ResilienceSettings.none(),
            Optional.empty());
    var host = new RouteTable.VirtualHost("bank", List.of("*"), List.of(route));
    return GrpcRouteEncoder.table(new RouteTable("client/bank", List.of(host)), Map.of());
  }

  @Test
  void aRouteThatAnswersFailsInsteadOfLeavingCallsToTheNext() {
    var match = Route.Match.path(new PathMatch.Exact("/bank/Pay"));
    var table = routes(match, new RouteAction.DirectResponse(503, ""));
    assertThat(table.getVirtualHosts(0).getRoutes(0).getActionCase())
        .isEqualTo(ActionCase.NON_FORWARDING_ACTION);
  }

  @Test
  void aPrefixEndsAtASlash() {
    var match = Route.Match.path(new PathMatch.Prefix("/shop.v1"));
    var table = routes(match, RouteAction.Forward.to("bank"));
    var expression = table.getVirtualHosts(0).getRoutes(0).getMatch().getSafeRegex().getRegex();
    assertThat("/shop.v1").matches(expression);
    assertThat("/shop.v1/Pay").matches(expression);
    assertThat("/shop.v10").doesNotMatch(expression);
    assertThat("/shopXv1").doesNotMatch(expression);
  }

  @Test
  void aConditionThatNoCallMeetsTakesItsRouteAway() {
    var path = new PathMatch.Prefix("/");
    var differs = new ValueMatch("env", new StringMatch.Exact("test"), ValueMatch.Sense.DIFFERS);
    for (var match :
        List.of(
            new Route.Match(path, List.of("GET"), List.of(), List.of()),
            new Route.Match(path, List.of(), List.of(differs), List.of()),
            new Route.Match(path, List.of(), List.of(), List.of(differs)))) {
      assertThat(routes(match, RouteAction.Forward.to("bank")).getVirtualHosts(0).getRoutesList())
          .isEmpty();
    }
  }

  private static Cluster cluster(Cluster.Discovery discovery, Optional<ClientTls> tls) {
    return new Cluster(
        "bank", discovery, tls, Cluster.LoadBalancing.Simple.RANDOM, ResilienceSettings.none());
  }

  private static NodeResources resources(Cluster cluster) {
    var endpoints = new Endpoints("eds", List.of(HERE));
    var snapshot =
        new Snapshot(List.of(), List.of(), List.of(cluster), List.of(endpoints), List.of());
    return GrpcResources.of(snapshot, Map.of());
  }

  @Test
  void aClusterWithTlsIsNotThere() {
    var tls = new ClientTls("", new PeerValidation("roots", List.of()), "bank");
    var eds = new Cluster.Discovery.Eds("eds");
    assertThat(resources(cluster(eds, Optional.of(tls))).of(XdsType.CLUSTER)).isEmpty();
    assertThat(resources(cluster(eds, Optional.empty())).of(XdsType.CLUSTER)).hasSize(1);
  }

  private static Any wire(NodeResources found, XdsType type, String name) {
    return requireNonNull(found.of(type).get(name)).any();
  }

  @Test
  void fixedEndpointsComeAsThoseOfTheCatalogWithPlaceAndWeight() throws Exception {
    var found = resources(cluster(new Cluster.Discovery.Static(List.of(HERE)), Optional.empty()));
    var message =
        wire(found, XdsType.CLUSTER, "bank")
            .unpack(io.envoyproxy.envoy.config.cluster.v3.Cluster.class);
    assertThat(message.getType()).isEqualTo(DiscoveryType.EDS);
    assertThat(message.hasLoadAssignment()).isFalse();
    var assignment =
        wire(found, XdsType.ENDPOINT, message.getEdsClusterConfig().getServiceName())
            .unpack(ClusterLoadAssignment.class);
    assertThat(assignment.getEndpoints(0).hasLocality()).isTrue();
    assertThat(assignment.getEndpoints(0).getLoadBalancingWeight().getValue()).isEqualTo(3);
  }

  @Test
  void prioritiesHaveNoGaps() throws Exception {
    var far = HERE.address();
    var backups =
        List.of(
            new Endpoint("b", far, 1, 2, Locality.NONE, Endpoint.Health.HEALTHY),
            new Endpoint("c", far, 1, 5, Locality.NONE, Endpoint.Health.HEALTHY));
    var message = (ClusterLoadAssignment) GrpcEncoder.endpoints(new Endpoints("eds", backups));
    assertThat(message.getEndpointsList())
        .extracting(place -> place.getPriority())
        .containsExactly(0, 1);
  }
}
