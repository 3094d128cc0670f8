package io.fairlead.control;

import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a client says, the same for both variants of the protocol. Immutable.
 *
 * @param nonce of the response that is acknowledged or refused; empty at first
 * @param refusal why the response was refused; empty means it was applied
 * @param names how the subscription changes
 * @param held versions that a returning client holds already
 */
record AdsRequest(
    String typeUrl,
    Node node,
    String nonce,
    Optional<String> refusal,
    Names names,
    Map<String, String> held) {

  /** A change of the subscribed names. */
  sealed interface Names {
    /** State of the world: the whole list; empty at first means everything. */
    record Whole(List<String> names) implements Names {}

    /** Delta: what comes and what goes. */
    record Change(List<String> subscribe, List<String> unsubscribe) implements Names {}
  }

  static AdsRequest of(DiscoveryRequest request) {
    return new AdsRequest(
        request.getTypeUrl(),
        request.getNode(),
        request.getResponseNonce(),
        request.hasErrorDetail()
            ? Optional.of(request.getErrorDetail().getMessage())
            : Optional.empty(),
        new Names.Whole(List.copyOf(request.getResourceNamesList())),
        Map.of());
  }

  static AdsRequest of(DeltaDiscoveryRequest request) {
    return new AdsRequest(
        request.getTypeUrl(),
        request.getNode(),
        request.getResponseNonce(),
        request.hasErrorDetail()
            ? Optional.of(request.getErrorDetail().getMessage())
            : Optional.empty(),
        new Names.Change(
            List.copyOf(request.getResourceNamesSubscribeList()),
            List.copyOf(request.getResourceNamesUnsubscribeList())),
        Map.copyOf(request.getInitialResourceVersionsMap()));
  }
}
