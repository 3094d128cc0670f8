package io.fairlead.proxy;

import io.fairlead.proxy.Authority.Identity;
import io.fairlead.proxy.downstream.PortCounters;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.traffic.ClientTls;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.HttpFilter;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.PeerValidation;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.Secret;
import io.fairlead.traffic.ServerTls;
import io.fairlead.traffic.Snapshot;
import io.fairlead.traffic.StringMatch;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** Pieces of configuration and peers for tests of TLS. Certificates are made once. */
final class TlsFront {
  static final String MESH = "mesh.test";
  static final String ME = "spiffe://mesh.test/ns/default/sa/orders";
  static final String CALLER = "spiffe://mesh.test/ns/default/sa/cart";
  static final String BACKEND = "spiffe://mesh.test/ns/default/sa/payment";
  static final Authority MESH_CA = new Authority("mesh");
  static final Authority OTHER_CA = new Authority("other");
  static final Identity OWN = MESH_CA.identity(ME);
  static final Identity CLIENT = MESH_CA.identity(CALLER);
  static final Identity SERVER = MESH_CA.identity(BACKEND);

  private TlsFront() {}

  static PeerValidation peers(StringMatch... identities) {
    return new PeerValidation("roots", List.of(identities));
  }

  static ServerTls mutual(StringMatch... identities) {
    return new ServerTls("own", Optional.of(peers(identities)));
  }

  static ClientTls toBackend(StringMatch... identities) {
    return new ClientTls("own", peers(identities), "");
  }

  /** Own certificate and the mesh's roots. */
  static List<Secret> secrets() {
    return List.of(OWN.secret("own"), MESH_CA.roots("roots", MESH));
  }

  static Listener listener(Optional<ServerTls> tls, Listener.Role role, HttpFilter... filters) {
    return new Listener("front", Model.ANY_PORT, role, tls, List.of(filters), "routes", 0);
  }

  static Cluster cluster(Optional<ClientTls> tls, HostPort... upstreams) {
    Cluster plain = Model.cluster("backend", ResilienceSettings.none(), upstreams);
    return new Cluster(
        "backend", plain.discovery(), tls, plain.loadBalancing(), ResilienceSettings.none());
  }

  static Snapshot snapshot(Listener listener, Cluster cluster, List<Secret> secrets) {
    return new Snapshot(
        List.of(listener),
        List.of(Model.table("routes", Model.route("all", "/", RouteAction.Forward.to("backend")))),
        List.of(cluster),
        List.of(),
        secrets);
  }

  /** Mutual TLS in front, plain text behind. */
  static Snapshot inbound(RawUpstream upstream, HttpFilter... filters) {
    return snapshot(
        listener(Optional.of(mutual()), Listener.Role.INBOUND, filters),
        cluster(Optional.empty(), upstream.address()),
        secrets());
  }

  /** Plain text in front, TLS behind. */
  static Snapshot outbound(ClientTls tls, HostPort... upstreams) {
    return snapshot(
        listener(Optional.empty(), Listener.Role.OUTBOUND),
        cluster(Optional.of(tls), upstreams),
        secrets());
  }

  static PortCounters counters(Front front) {
    return front.plane().ports().getFirst().counters();
  }

  /** A client that trusts the mesh and shows this certificate. */
  static RawSocket connect(Front front, Identity... own) throws IOException {
    return connect(front, MESH_CA.context(own));
  }

  static RawSocket connect(Front front, SSLContext context, String... protocols)
      throws IOException {
    return new RawSocket(socket(front, context, protocols), new ArrayList<>());
  }

  static SSLSocket socket(Front front, SSLContext context, String... protocols) throws IOException {
    Socket plain = new Socket(front.address().host(), front.address().port());
    SSLSocket socket =
        (SSLSocket)
            context
                .getSocketFactory()
                .createSocket(plain, front.address().host(), front.address().port(), true);
    if (protocols.length > 0) {
      socket.setEnabledProtocols(protocols);
    }
    return socket;
  }

  /** An endpoint on TLS that asks for a certificate of the mesh. */
  static RawUpstream secured(Identity own, RawUpstream.Script script) throws IOException {
    return new RawUpstream(new TlsServerSocket(MESH_CA.context(own)), script);
  }

  static RawUpstream secured(Identity own, String body) throws IOException {
    return secured(
        own,
        connection -> {
          while (!connection.readMessage().isEmpty()) {
            connection.send(RawUpstream.okAnswer(body));
          }
        });
  }
}
