package io.fairlead.discovery;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * All instances of one service at one version. Immutable; instances are sorted by id.
 *
 * @param service name of the service
 * @param version catalog version of the last change to this service
 * @param instances the instances by id, healthy or not
 */
public record ServiceView(String service, long version, Map<String, Instance> instances) {
  /** Checks that every instance belongs here and is found under its own id. */
  public ServiceView {
    new InstanceRules().service(service).verify();
    var sorted = new TreeMap<String, Instance>(instances);
    sorted.forEach((id, instance) -> verifyOwner(service, id, instance));
    instances = Collections.unmodifiableSortedMap(sorted);
  }

  private static void verifyOwner(String service, String id, Instance instance) {
    if (!instance.service().equals(service) || !instance.id().equals(id)) {
      throw new IllegalArgumentException(
          "instances: " + instance.key() + " must not stand under " + service + "/" + id);
    }
  }

  ServiceView with(long newVersion, Instance instance) {
    var next = new TreeMap<>(instances);
    next.put(instance.id(), instance);
    return new ServiceView(service, newVersion, next);
  }

  ServiceView without(long newVersion, String id) {
    var next = new TreeMap<>(instances);
    next.remove(id);
    return new ServiceView(service, newVersion, next);
  }
}
