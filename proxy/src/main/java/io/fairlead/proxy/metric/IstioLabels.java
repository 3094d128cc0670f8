package io.fairlead.proxy.metric;

import io.fairlead.telemetry.Labels;

/**
 * What a proxy knows of both ends of the calls of one listener to one cluster, for Istio's labels.
 * Immutable; made when a configuration is compiled.
 *
 * @param reporter which end tells
 * @param source workload that calls; empty where it shows in its certificate
 * @param destination service that is called, or empty
 * @param principal identity that the callee must prove, or empty
 * @see <a href="https://istio.io/latest/docs/reference/config/metrics/">Istio, standard metrics</a>
 */
public record IstioLabels(Reporter reporter, String source, String destination, String principal) {
  private static final String UNKNOWN = "unknown";

  /** Which end of a call tells. */
  public enum Reporter {
    SOURCE("source"),
    DESTINATION("destination");

    private final String text;

    Reporter(String text) {
      this.text = text;
    }
  }

  /** What calls have in common beside their outcome. */
  record Call(String protocol, Caller caller) {}

  /**
   * A caller as its connection shows it.
   *
   * @param principal identity of its certificate, or empty
   * @param security as Istio names it
   */
  record Caller(String principal, String security) {
    /** A caller on this side of the call, of whom nothing has to be proved. */
    static final Caller SELF = new Caller("", UNKNOWN);

    /** Those beyond the bound. */
    static final Caller OTHER = new Caller("other", "mutual_tls");
  }

  Labels with(Call call, String responseFlags) {
    boolean named = source.isEmpty();
    return Labels.of(
            "reporter",
            reporter.text,
            "source_workload",
            named ? workload(call.caller.principal) : source,
            "source_workload_namespace",
            named ? namespace(call.caller.principal) : "default",
            "source_principal",
            orUnknown(call.caller.principal))
        .and("destination_workload", orUnknown(destination))
        .and("destination_workload_namespace", destination.isEmpty() ? UNKNOWN : "default")
        .and("destination_principal", orUnknown(principal))
        .and("destination_service", orUnknown(destination))
        .and("destination_service_name", orUnknown(destination))
        .and("destination_service_namespace", destination.isEmpty() ? UNKNOWN : "default")
        .and("request_protocol", call.protocol)
        .and("response_flags", responseFlags)
        .and("connection_security_policy", call.caller.security);
  }

  /** The labels of everything beyond the bound of series. */
  static Labels other() {
    String other = "other";
    return Labels.of(
            "reporter", other,
            "source_workload", other,
            "source_workload_namespace", other,
            "source_principal", other)
        .and("destination_workload", other)
        .and("destination_workload_namespace", other)
        .and("destination_principal", other)
        .and("destination_service", other)
        .and("destination_service_name", other)
        .and("destination_service_namespace", other)
        .and("request_protocol", other)
        .and("response_flags", other)
        .and("connection_security_policy", other);
  }

  private static String orUnknown(String text) {
    return text.isEmpty() ? UNKNOWN : text;
  }

  /** Of an identity such as {@code spiffe://cluster.local/ns/default/sa/order}. */
  private static String workload(String principal) {
    int at = principal.lastIndexOf("/sa/");
    return at < 0 ? UNKNOWN : principal.substring(at + "/sa/".length());
  }

  private static String namespace(String principal) {
    int from = principal.indexOf("/ns/");
    int to = principal.indexOf("/sa/");
    return from < 0 || to < from ? UNKNOWN : principal.substring(from + "/ns/".length(), to);
  }
}
