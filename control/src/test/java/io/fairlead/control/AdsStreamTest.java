package io.fairlead.control;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.rpc.Status;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.fairlead.discovery.CatalogSnapshot;
import io.fairlead.traffic.Mesh;
import io.fairlead.traffic.MeshSettings;
import io.fairlead.traffic.Secret;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AdsStreamTest {
  private static final List<Secret> SECRETS =
      List.of(new Secret.Validation(MeshSettings.MESH_ROOTS, "roots", "cluster.local"));

  private final FakeCatalog catalog = new FakeCatalog();
  private final List<Sent> sent = new ArrayList<>();
  private EncodedMesh mesh = mesh(CatalogSnapshot.empty());
  private AdsStream stream = newStream();

  /** One response as a client sees it. */
  private record Sent(XdsType type, AdsStream.Payload payload, String nonce, String version) {
    Set<String> wanted() {
      return payload.wanted().keySet();
    }

    Set<String> changed() {
      return payload.changed().keySet();
    }
  }

  @BeforeEach
  void twoServices() {
    catalog.put("order", "order-1", 9001);
    catalog.put("bank", "bank-1", 9002);
    mesh = mesh(catalog.snapshot());
    stream = newStream();
  }

  private AdsStream newStream() {
    return new AdsStream(
        (type, payload, sending) ->
            sent.add(new Sent(type, payload, sending.nonce(), sending.version())),
        node -> {},
        mesh,
        Instant.EPOCH);
  }

  private static EncodedMesh mesh(CatalogSnapshot state) {
    return EncodedMesh.first(Mesh.of(List.of(), state, MeshSettings.defaults()), SECRETS);
  }

  private void push(String... changed) {
    var next = mesh.mesh().with(catalog.snapshot(), List.of(changed));
    mesh = mesh.next(next, SECRETS);
    stream.push(mesh);
  }

  private static Node node() {
    var fields = new HashMap<String, Value>();
    Map.of(
            "service", "order",
            "inbound", "127.0.0.1:15006",
            "outbound", "127.0.0.1:15001",
            "application", "127.0.0.1:8080")
        .forEach((k, v) -> fields.put(k, Value.newBuilder().setStringValue(v).build()));
    return Node.newBuilder()
        .setId("order-1")
        .setMetadata(Struct.newBuilder().putAllFields(fields))
        .build();
  }

  private void subscribe(XdsType type, String... names) {
    stream.request(
        AdsRequest.of(
            DeltaDiscoveryRequest.newBuilder()
                .setNode(node())
                .setTypeUrl(type.url())
                .addAllResourceNamesSubscribe(List.of(names))
                .build()));
  }

  private void acknowledge(Sent response) {
    stream.request(
        AdsRequest.of(
            DeltaDiscoveryRequest.newBuilder()
                .setTypeUrl(response.type().url())
                .setResponseNonce(response.nonce())
                .build()));
  }

  private void refuse(Sent response, String why) {
    stream.request(
        AdsRequest.of(
            DeltaDiscoveryRequest.newBuilder()
                .setTypeUrl(response.type().url())
                .setResponseNonce(response.nonce())
                .setErrorDetail(Status.newBuilder().setMessage(why))
                .build()));
  }

  private void whole(XdsType type, @Nullable Sent answered, String... names) {
    stream.request(
        AdsRequest.of(
            DiscoveryRequest.newBuilder()
                .setNode(node())
                .setTypeUrl(type.url())
                .setResponseNonce(answered == null ? "" : answered.nonce())
                .setVersionInfo(answered == null ? "" : answered.version())
                .addAllResourceNames(List.of(names))
                .build()));
  }

  private Sent take() {
    assertThat(sent).as("responses").hasSize(1);
    return sent.removeFirst();
  }

  private void acknowledgeAll() {
    while (!sent.isEmpty()) {
      acknowledge(sent.removeFirst());
    }
  }

  private void subscribeToEverything() {
    subscribe(XdsType.CLUSTER);
    subscribe(XdsType.ENDPOINT, "bank", "order");
    subscribe(XdsType.LISTENER);
    subscribe(XdsType.ROUTE, "inbound", "outbound");
    acknowledgeAll();
  }

  @Test
  void clustersComeAllAndEndpointsByName() {
    subscribe(XdsType.CLUSTER);
    assertThat(take().changed()).containsExactly("application", "bank", "order");
    subscribe(XdsType.ENDPOINT, "bank", "nobody");
    var endpoints = take();
    assertThat(endpoints.changed()).containsExactly("bank");
    assertThat(endpoints.payload().removed()).containsExactly("nobody");
  }

  @Test
  void onlyWhatChangedIsSentAgain() {
    subscribeToEverything();
    catalog.put("bank", "bank-2", 9003);
    push("bank");
    var update = take();
    assertThat(update.type()).isEqualTo(XdsType.ENDPOINT);
    assertThat(update.changed()).containsExactly("bank");
    push("bank");
    assertThat(sent).isEmpty();
  }

  @Test
  void aNameThatComesAfterTheAcknowledgementIsAnswered() {
    whole(XdsType.ENDPOINT, null, "bank");
    var first = take();
    whole(XdsType.ENDPOINT, first, "bank");
    assertThat(sent).isEmpty();
    whole(XdsType.ENDPOINT, first, "bank", "order");
    assertThat(take().wanted()).containsExactly("bank", "order");
  }

  @Test
  void endpointsOfAClusterThatChangesComeOnceMore() {
    subscribeToEverything();
    catalog.put("bank", "bank-1", 9002, "v1", Map.of());
    push("bank");
    assertThat(sent).extracting(Sent::type).containsExactly(XdsType.CLUSTER, XdsType.ENDPOINT);
    assertThat(sent.getLast().changed()).containsExactly("bank");
    acknowledgeAll();
    assertThat(sent).isEmpty();
  }

  @Test
  void changesCoalesceWhileAResponseIsUnanswered() {
    subscribeToEverything();
    catalog.put("bank", "bank-2", 9003);
    push("bank");
    var first = take();
    catalog.put("bank", "bank-3", 9004);
    push("bank");
    catalog.put("bank", "bank-4", 9005);
    push("bank");
    assertThat(sent).isEmpty();
    acknowledge(first);
    assertThat(requireNonNull(take().payload().changed().get("bank")).resource().toString())
        .contains("bank-4");
  }

  @Test
  void aNewServiceIsAddedBeforeItsRouteAndAnOldOneRemovedAfterIt() {
    subscribeToEverything();
    catalog.put("user", "user-1", 9006);
    push("user");
    assertThat(sent).extracting(Sent::type).containsExactly(XdsType.CLUSTER, XdsType.ROUTE);
    acknowledgeAll();
    catalog.remove("bank", "bank-1");
    push("bank");
    var route = take();
    assertThat(route.type()).isEqualTo(XdsType.ROUTE);
    acknowledge(route);
    assertThat(sent)
        .extracting(Sent::type, s -> s.payload().removed())
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(XdsType.CLUSTER, Set.of("bank")),
            org.assertj.core.groups.Tuple.tuple(XdsType.ENDPOINT, Set.of("bank")));
  }

  @Test
  void aRefusalIsKeptWithItsReasonAndNotRepeated() {
    subscribe(XdsType.CLUSTER);
    refuse(take(), "cluster bank: no");
    assertThat(sent).isEmpty();
    var status = requireNonNull(stream.status()).types().getFirst();
    assertThat(status.state()).isEqualTo("REJECTED");
    assertThat(status.refusal()).isEqualTo("cluster bank: no");
    catalog.put("user", "user-1", 9006);
    push("user");
    acknowledge(take());
    assertThat(requireNonNull(stream.status()).types().getFirst().state()).isEqualTo("SYNCED");
  }

  @Test
  void aReturningClientGetsOnlyWhatItLacks() {
    subscribe(XdsType.CLUSTER);
    var held = new HashMap<String, String>();
    take().payload().wanted().forEach((name, encoded) -> held.put(name, encoded.version()));
    held.put("gone", "1");
    held.put("bank", "old");
    stream = newStream();
    stream.request(
        AdsRequest.of(
            DeltaDiscoveryRequest.newBuilder()
                .setNode(node())
                .setTypeUrl(XdsType.CLUSTER.url())
                .putAllInitialResourceVersions(held)
                .build()));
    var answer = take();
    assertThat(answer.changed()).containsExactly("bank");
    assertThat(answer.payload().removed()).containsExactly("gone");
  }

  @Test
  void theWholeStateIsSentToAClientOfThatVariant() {
    whole(XdsType.CLUSTER, null);
    var first = take();
    assertThat(first.wanted()).containsExactly("application", "bank", "order");
    whole(XdsType.CLUSTER, first);
    assertThat(sent).isEmpty();
    catalog.put("user", "user-1", 9006);
    push("user");
    assertThat(take().wanted()).containsExactly("application", "bank", "order", "user");
  }

  @Test
  void aStaleRequestOfThatVariantIsIgnored() {
    whole(XdsType.ENDPOINT, null, "bank");
    var first = take();
    whole(XdsType.ENDPOINT, first, "bank");
    catalog.put("bank", "bank-2", 9003);
    push("bank");
    var second = take();
    whole(XdsType.ENDPOINT, first, "bank", "order");
    assertThat(sent).isEmpty();
    whole(XdsType.ENDPOINT, second, "bank", "order");
    assertThat(take().wanted()).containsExactly("bank", "order");
  }

  @Test
  void aNodeThatDoesNotSayWhoItIsIsRefusedByField() {
    var nameless =
        DeltaDiscoveryRequest.newBuilder()
            .setNode(Node.newBuilder().setId("x"))
            .setTypeUrl(XdsType.CLUSTER.url())
            .build();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> stream.request(AdsRequest.of(nameless)))
        .withMessage("node.metadata.service: is required");
  }

  /** Whatever the order of pushes and answers, the client ends with the server's state. */
  @Test
  void aClientThatAnswersAtRandomConverges() {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    var names = List.of("a", "b", "c", "bank", "order");
    subscribe(XdsType.CLUSTER);
    subscribe(XdsType.ENDPOINT, names.toArray(String[]::new));
    subscribe(XdsType.LISTENER);
    subscribe(XdsType.ROUTE, "inbound", "outbound");
    var client = new HashMap<XdsType, Map<String, String>>();
    for (int step = 0; step < 2000; step++) {
      if (random.nextBoolean() && !sent.isEmpty()) {
        receive(client, sent.removeFirst());
      } else {
        var service = names.get(random.nextInt(names.size()));
        if (random.nextBoolean()) {
          catalog.put(service, service + random.nextInt(3), 9000 + random.nextInt(9));
        } else {
          catalog.remove(service, service + random.nextInt(3));
        }
        push(service);
      }
    }
    while (!sent.isEmpty()) {
      receive(client, sent.removeFirst());
    }
    var truth = mesh.resources(Nodes.of(node()), AdsStream.Admission.Keys.GIVEN);
    for (var type : List.of(XdsType.CLUSTER, XdsType.ENDPOINT, XdsType.LISTENER, XdsType.ROUTE)) {
      var expected = new HashMap<String, String>();
      truth.of(type).forEach((name, encoded) -> expected.put(name, encoded.version()));
      assertThat(client.get(type)).as("%s, seed %d", type, seed).isEqualTo(expected);
    }
  }

  private void receive(Map<XdsType, Map<String, String>> client, Sent response) {
    var held = client.computeIfAbsent(response.type(), type -> new HashMap<>());
    response.payload().changed().forEach((name, encoded) -> held.put(name, encoded.version()));
    new TreeSet<>(response.payload().removed()).forEach(held::remove);
    acknowledge(response);
  }

  private void grpc(@Nullable Sent answered, String... names) {
    stream.request(
        AdsRequest.of(
            DiscoveryRequest.newBuilder()
                .setNode(Node.newBuilder().setId("order-1").setUserAgentName("gRPC Java"))
                .setTypeUrl(XdsType.LISTENER.url())
                .setResponseNonce(answered == null ? "" : answered.nonce())
                .addAllResourceNames(List.of(names))
                .build()));
  }

  @Test
  void aGrpcLibraryGetsTheNamesThatItAsksForAndNothingOnceItAsksForNone() {
    grpc(null, "bank");
    var first = take();
    assertThat(first.wanted()).containsExactly("bank");
    grpc(first, "bank");
    assertThat(sent).isEmpty();
    grpc(first);
    var none = take();
    assertThat(none.wanted()).isEmpty();
    grpc(none);
    assertThat(sent).isEmpty();
  }
}
