package io.fairlead.demo;

import java.util.List;

/**
 * Which port each part of the demo listens on: a block above one base port. Immutable.
 *
 * @param base the lowest port; about 100 from there are used
 */
record FleetPorts(int base) {
  /** The members of the shop: a service with the name of its instance. */
  static final List<Member> MEMBERS =
      List.of(
          new Member("order", "order-1", ""),
          new Member("order", "order-2", ""),
          new Member("inventory", "inventory-1", ""),
          new Member("payment", "payment-1", ""),
          new Member("bank", "bank-1", ""),
          new Member("shipping", "shipping-1", "v1"),
          new Member("shipping", "shipping-2", "v2"),
          new Member("user", "user-1", ""));

  private static final int MEMBER_BLOCK = 4;
  private static final int FIRST_MEMBER = 20;

  /** One instance; the version may be empty. */
  record Member(String service, String instance, String version) {}

  int gateway() {
    return base;
  }

  int gatewayAdmin() {
    return base + 1;
  }

  int api() {
    return base + 2;
  }

  int xds() {
    return base + 3;
  }

  int secureXds() {
    return base + 4;
  }

  int otlpGrpc() {
    return base + 5;
  }

  int otlpHttp() {
    return base + 6;
  }

  int application(String instance) {
    return block(instance);
  }

  int inbound(String instance) {
    return block(instance) + 1;
  }

  int outbound(String instance) {
    return block(instance) + 2;
  }

  int admin(String instance) {
    return block(instance) + 3;
  }

  private int block(String instance) {
    for (int i = 0; i < MEMBERS.size(); i++) {
      if (MEMBERS.get(i).instance().equals(instance)) {
        return base + FIRST_MEMBER + i * MEMBER_BLOCK;
      }
    }
    throw new IllegalArgumentException("instance: there is no '" + instance + "'");
  }
}
