package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.ClientTrust;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Intake;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.OriginalDestination;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteTable;
import io.fairlead.traffic.Snapshot;
import io.fairlead.traffic.TcpRoute;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A port to which the kernel leads connections, with connections that were opened to itself. Those
 * that are led there need rules of the kernel, and are tested with the command that sets them.
 */
@ExtendWith(LeakCheck.class)
class OriginalDestinationIT {
  private final Front front = new Front();

  @AfterEach
  void stop() {
    front.close();
  }

  private static Intake intake(OriginalDestination destination, TcpRoute... routes) {
    return new Intake(
        Intake.ProxyHeader.NONE,
        Intake.PlainText.REFUSED,
        Intake.USUAL_DETECTION,
        List.of(routes),
        Optional.of(destination));
  }

  private static Listener listener(String table, Intake intake) {
    return new Listener(
        "front",
        Model.ANY_PORT,
        Listener.Role.OUTBOUND,
        Optional.empty(),
        List.of(),
        table,
        0,
        ClientTrust.NONE,
        Optional.of(intake));
  }

  private static Cluster original() {
    return new Cluster(
        "original",
        new Cluster.Discovery.OriginalDst(),
        Optional.empty(),
        Cluster.LoadBalancing.Simple.LEAST_REQUEST,
        ResilienceSettings.none());
  }

  private static RouteTable.VirtualHost host(String domain, String cluster) {
    return new RouteTable.VirtualHost(domain, List.of(domain), List.of(Route.straight(cluster)));
  }

  private Snapshot snapshot(Listener listener, HostPort bank) {
    return new Snapshot(
        List.of(listener),
        List.of(new RouteTable("routes", List.of(host("bank", "bank"), host("*", "original")))),
        List.of(original(), Model.cluster("bank", ResilienceSettings.none(), bank)),
        List.of(),
        List.of());
  }

  private static OriginalDestination redirect() {
    return new OriginalDestination(OriginalDestination.Source.REDIRECT);
  }

  @Test
  void whatWasOpenedToThePortItselfIsServedByNameAndNeverPassedOn() throws IOException {
    try (var bank = RawUpstream.ok("bank")) {
      var intake = intake(redirect(), TcpProxyIT.to("original"));
      front.apply(snapshot(listener("routes", intake), bank.address()));
      try (var client = front.client()) {
        client.send("GET / HTTP/1.1\r\nHost: bank\r\n\r\n");
        assertThat(client.readMessage()).endsWith("bank");
        client.send("GET / HTTP/1.1\r\nHost: elsewhere\r\n\r\n");
        assertThat(client.readMessage())
            .startsWith("HTTP/1.1 503")
            .contains("no destination but this proxy");
      }
      try (var client = front.client()) {
        assertThat(client.send("\0\u0001\u0002\r\n\r\n").readToEnd()).startsWith("HTTP/1.1 400");
      }
      assertThat(front.plane().ports().getFirst().counters().accepted()).isEqualTo(2);
    }
  }

  @Test
  void withoutHttpWhatWasOpenedToThePortItselfIsClosedAndCounted() throws IOException {
    try (var bank = RawUpstream.ok("bank")) {
      var intake = intake(redirect(), TcpProxyIT.to("original"));
      front.apply(snapshot(listener("", intake), bank.address()));
      try (var client = front.client()) {
        assertThat(client.readToEnd()).isEmpty();
      }
      assertThat(TlsFront.counters(front).refusedServers()).isEqualTo(1);
    }
  }

  @Test
  void clusterThatMustTakeOtherPortsHasToExist() {
    var ports =
        new OriginalDestination(OriginalDestination.Source.REDIRECT, List.of(80), "nowhere");
    var result =
        front
            .plane()
            .apply(snapshot(listener("routes", intake(ports)), new HostPort("127.0.0.1", 1)));
    assertThat(result.toString()).contains("route nowhere: cluster nowhere does not exist");
  }
}
