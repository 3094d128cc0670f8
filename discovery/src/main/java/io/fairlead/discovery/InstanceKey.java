package io.fairlead.discovery;

/**
 * Names one instance in the catalog. Immutable, ordered by service, then id.
 *
 * @param service as in {@link Instance#service()}
 * @param id as in {@link Instance#id()}
 */
public record InstanceKey(String service, String id) implements Comparable<InstanceKey> {
  /**
   * Checks both names.
   *
   * @throws InvalidInstanceException naming every broken rule at once
   */
  public InstanceKey {
    new InstanceRules().service(service).id(id).verify();
  }

  @Override
  public int compareTo(InstanceKey other) {
    int byService = service.compareTo(other.service);
    return byService != 0 ? byService : id.compareTo(other.id);
  }

  @Override
  public String toString() {
    return service + "/" + id;
  }
}
