package io.fairlead.control;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far a connected data plane follows the configuration. Immutable.
 *
 * @param node its id
 * @param role {@code sidecar} or {@code gateway}
 * @param owner the service or the Gateway that it serves
 * @param connectedAt when its stream began
 * @param types one entry a type that it asked for
 */
public record ProxyStatus(
    String node, String role, String owner, Instant connectedAt, List<TypeStatus> types) {

  /**
   * State of one type.
   *
   * @param sent version of the last response
   * @param acknowledged version of the last response that was applied
   * @param resources how many the client holds
   * @param pending whether a response is not yet answered
   * @param refusal why the last response was refused, or null
   */
  public record TypeStatus(
      String type,
      String sent,
      String acknowledged,
      int resources,
      boolean pending,
      @Nullable String refusal) {
    /** SYNCED, STALE (not yet answered) or REJECTED. */
    public String state() {
      if (refusal != null) {
        return "REJECTED";
      }
      return pending ? "STALE" : "SYNCED";
    }
  }
}
