package io.fairlead.discovery;

import java.util.List;

/**
 * The one form of an error on the registry's wire: problem details (RFC 9457) with a member {@code
 * faults} that lists every broken rule. Immutable.
 *
 * @param status HTTP status code
 * @param title what went wrong, in a few words that do not vary
 * @param detail this case in one sentence
 * @param faults the broken rules, empty if the request as such was right
 */
public record Problem(int status, String title, String detail, List<Fault> faults) {
  /** Media type of the encoded form. */
  public static final String MEDIA_TYPE = "application/problem+json";

  public Problem {
    faults = List.copyOf(faults);
  }

  /** A problem without broken rules. */
  public static Problem of(int status, String title, String detail) {
    return new Problem(status, title, detail, List.of());
  }

  /** Status 400 with every fault at once. */
  public static Problem invalid(List<Fault> faults) {
    var detail = String.join("; ", faults.stream().map(Fault::message).toList());
    return new Problem(400, "Invalid request", detail, faults);
  }
}
