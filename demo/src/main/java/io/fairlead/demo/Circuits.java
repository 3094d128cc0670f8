package io.fairlead.demo;

import com.fasterxml.jackson.databind.JsonNode;

/** The circuit breaker that guards calls to the bank, as payment's sidecar shows it. */
final class Circuits {
  private Circuits() {}

  /** The breaker's entry on the admin port; a missing one reads as empty. */
  static JsonNode bank(Shop shop) {
    int port = shop.fleet().ports().admin("payment-1");
    for (var breaker : shop.admin(port, "/circuit-breakers").body().path("circuitBreakers")) {
      if (breaker.path("name").asText().contains("bank")) {
        return breaker;
      }
    }
    return com.fasterxml.jackson.databind.node.JsonNodeFactory.instance.objectNode();
  }

  static String state(Shop shop) {
    return bank(shop).path("state").asText("UNKNOWN");
  }

  static long timesOpened(Shop shop) {
    return bank(shop).path("timesOpened").asLong();
  }
}
