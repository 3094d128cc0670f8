package io.fairlead.control;

import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.MeshSettings;
import io.fairlead.traffic.Node;
import io.fairlead.traffic.Snapshot;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One client's stream of either variant. Safe for use by many threads; the lock is never held while
 * anything blocks.
 *
 * <p>Order: types go out in the order of {@link XdsType}. What was removed of clusters, endpoints
 * and secrets goes out only once listeners and routes are acknowledged, since until then the client
 * may still send traffic there (make before break).
 */
final class AdsStream {
  /** Puts one response on the wire. */
  interface Wire {
    /**
     * Sends a response.
     *
     * @param wanted the whole state, which the state-of-the-world variant needs
     * @param changed what the client has not
     * @param removed what the client must forget
     */
    void send(XdsType type, Payload payload, Subscription.Sending sending);
  }

  /** The content of one response, for both variants. */
  record Payload(
      SortedMap<String, Encoded> wanted, SortedMap<String, Encoded> changed, Set<String> removed) {}

  /** Refuses a client whose certificate does not speak for the node that it claims to be. */
  interface Admission {
    /** Throws an {@link IllegalArgumentException} that says why the client may not be this node. */
    void check(Node node);

    /** Whether private keys go to the client: to nobody who did not prove who he is. */
    default Keys keys() {
      return Keys.GIVEN;
    }

    /** The certificate of a node that asks for one by name; nobody without identity gets any. */
    default Optional<Encoded> workload(Node node) {
      return Optional.empty();
    }

    /** What becomes of the private keys that a node needs. */
    enum Keys {
      GIVEN,
      WITHHELD
    }

    /** Lets everybody in, and gives no keys away. */
    record Open() implements Admission {
      @Override
      public void check(Node node) {}

      @Override
      public Keys keys() {
        return Keys.WITHHELD;
      }
    }
  }

  private final Wire wire;
  private final Admission admission;
  private final Instant connectedAt;
  private final Map<XdsType, Subscription> subscriptions = new EnumMap<>(XdsType.class);
  private EncodedMesh mesh;
  private @Nullable Node node;
  private long nonces;

  AdsStream(Wire wire, Admission admission, EncodedMesh mesh, Instant connectedAt) {
    this.wire = wire;
    this.admission = admission;
    this.mesh = mesh;
    this.connectedAt = connectedAt;
    for (var type : XdsType.values()) {
      subscriptions.put(type, new Subscription(type));
    }
  }

  /**
   * Takes a request.
   *
   * @throws IllegalArgumentException if it is not understood; the stream must end then
   */
  synchronized void request(AdsRequest request) {
    if (node == null) {
      var claimed = Nodes.of(request.node());
      admission.check(claimed);
      node = claimed;
    }
    var type = XdsType.of(request.typeUrl());
    if (type.isEmpty()) {
      // A type that we do not serve stays unanswered, as the protocol demands of us.
      return;
    }
    var subscription = subscription(type.get());
    boolean stale =
        !request.nonce().isEmpty()
            && !subscription.answer(request)
            && request.names() instanceof AdsRequest.Names.Whole;
    if (!stale) {
      subscription.change(request.names(), request.held());
    }
    flush();
  }

  /** Brings the client to a later version of the mesh. */
  synchronized void push(EncodedMesh later) {
    mesh = later;
    flush();
  }

  private void flush() {
    var known = node;
    if (known == null) {
      return;
    }
    var resources = mesh.resources(known, admission.keys());
    if (subscription(XdsType.SECRET).names(MeshSettings.WORKLOAD_CERTIFICATE)) {
      admission.workload(known).ifPresent(resources::add);
    }
    for (var type : XdsType.values()) {
      flush(type, resources.of(type));
    }
    if (!subscription(XdsType.LISTENER).isPending() && !subscription(XdsType.ROUTE).isPending()) {
      for (var type : List.of(XdsType.CLUSTER, XdsType.ENDPOINT, XdsType.SECRET)) {
        flushRemoved(type, resources.of(type));
      }
    }
  }

  private void flush(XdsType type, SortedMap<String, Encoded> all) {
    var subscription = subscription(type);
    if (!subscription.isAsked() || subscription.isPending()) {
      return;
    }
    var wanted = subscription.wanted(all);
    var changed = subscription.changed(wanted);
    var removed = subscription.removed(wanted);
    boolean deferred =
        type == XdsType.CLUSTER || type == XdsType.ENDPOINT || type == XdsType.SECRET;
    if (deferred && !subscription.needsFirstAnswer()) {
      removed = Set.of();
    }
    if (!changed.isEmpty() || !removed.isEmpty() || subscription.needsFirstAnswer()) {
      if (type == XdsType.CLUSTER) {
        warm(changed.values());
      }
      send(type, new Payload(wanted, changed, removed));
    }
  }

  /**
   * A client that has a cluster and gets another version of it puts that into use only when its
   * endpoints come once more, although they are the same (xDS protocol, cluster warming).
   */
  private void warm(Collection<Encoded> clusters) {
    for (var encoded : clusters) {
      if (subscription(XdsType.CLUSTER).has(encoded.name())
          && encoded.resource() instanceof Cluster cluster
          && cluster.discovery() instanceof Cluster.Discovery.Eds(var endpoints)) {
        subscription(XdsType.ENDPOINT).sendAgain(endpoints);
      }
    }
  }

  private void flushRemoved(XdsType type, SortedMap<String, Encoded> all) {
    var subscription = subscription(type);
    if (!subscription.isAsked() || subscription.isPending()) {
      return;
    }
    var wanted = subscription.wanted(all);
    var removed = subscription.removed(wanted);
    if (!removed.isEmpty()) {
      send(type, new Payload(wanted, subscription.changed(wanted), removed));
    }
  }

  private void send(XdsType type, Payload payload) {
    var digest = new StringBuilder();
    payload.wanted().values().forEach(e -> digest.append(e.name()).append(e.version()));
    var bytes = digest.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8);
    var version = Encoded.digest(java.nio.ByteBuffer.wrap(bytes));
    var sending = new Subscription.Sending(Long.toString(++nonces), version);
    subscription(type).sent(payload.changed(), new TreeSet<>(payload.removed()), sending);
    wire.send(type, payload, sending);
  }

  private Subscription subscription(XdsType type) {
    var subscription = subscriptions.get(type);
    if (subscription == null) {
      throw new IllegalStateException("type: " + type + " has no subscription");
    }
    return subscription;
  }

  /** What operators see; null before the first request. */
  synchronized @Nullable ProxyStatus status() {
    var types =
        subscriptions.values().stream()
            .filter(Subscription::isAsked)
            .map(Subscription::status)
            .toList();
    return switch (node) {
      case null -> null;
      case Node.Sidecar sidecar ->
          new ProxyStatus(sidecar.id(), "sidecar", sidecar.service(), connectedAt, types);
      case Node.Gateway gateway ->
          new ProxyStatus(gateway.id(), "gateway", gateway.gateway(), connectedAt, types);
      case Node.Client client -> new ProxyStatus(client.id(), "client", "", connectedAt, types);
    };
  }

  /** The model that this client is brought to; null before the first request. */
  synchronized @Nullable Snapshot snapshot() {
    return node == null ? null : mesh.snapshot(node);
  }
}
