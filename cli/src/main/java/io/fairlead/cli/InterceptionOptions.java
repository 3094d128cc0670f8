package io.fairlead.cli;

import io.fairlead.traffic.Interception;
import io.fairlead.traffic.Interception.InboundPolicy;
import io.fairlead.traffic.Interception.Mode;
import io.fairlead.traffic.Interception.OutboundPolicy;
import java.time.Duration;
import picocli.CommandLine.Option;

/** What a sidecar does with connections that rules of the kernel lead to it. */
final class InterceptionOptions {
  @Option(
      names = "--interception-mode",
      paramLabel = "MODE",
      defaultValue = "NONE",
      description = {
        "Whether 'fairlead intercept' leads connections here: ${COMPLETION-CANDIDATES}.",
        "Those from elsewhere are expected where --inbound is more than loopback, and by TPROXY"
            + " if it is named (default: ${DEFAULT-VALUE})."
      })
  private Mode mode = Mode.NONE;

  @Option(
      names = "--outbound-traffic-policy",
      paramLabel = "POLICY",
      defaultValue = "ALLOW_ANY",
      description =
          "What becomes of intercepted calls to destinations that nobody has declared:"
              + " ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private OutboundPolicy outbound = OutboundPolicy.ALLOW_ANY;

  @Option(
      names = "--undeclared-ports",
      paramLabel = "POLICY",
      defaultValue = "PASS_THROUGH",
      description =
          "What becomes of intercepted connections to other ports than --app-port:"
              + " ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private InboundPolicy inbound = InboundPolicy.PASS_THROUGH;

  @Option(
      names = "--protocol-detection-timeout",
      paramLabel = "TIME",
      defaultValue = "1s",
      converter = DurationConverter.class,
      description =
          "An intercepted client that is silent for so long waits for its server to speak; at"
              + " most 5m (default: ${DEFAULT-VALUE}).")
  private Duration detection = Interception.USUAL_DETECTION;

  Interception interception() {
    try {
      return new Interception(mode, outbound, inbound, detection);
    } catch (IllegalArgumentException wrong) {
      throw new CommandException("--protocol-detection-timeout: " + wrong.getMessage(), wrong);
    }
  }
}
