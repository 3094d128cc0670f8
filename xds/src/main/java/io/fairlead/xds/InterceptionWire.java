package io.fairlead.xds;

import io.fairlead.traffic.Interception;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * How a sidecar tells in the metadata of its node how it gets its connections: fields {@code
 * interception}, {@code outboundTrafficPolicy}, {@code undeclaredPorts} and {@code
 * protocolDetectionTimeout} (milliseconds). Stateless.
 */
public final class InterceptionWire {
  private static final String MODE = "interception";
  private static final String OUTBOUND = "outboundTrafficPolicy";
  private static final String INBOUND = "undeclaredPorts";
  private static final String DETECTION = "protocolDetectionTimeout";

  private InterceptionWire() {}

  /** The fields; none where nothing is intercepted. */
  public static Map<String, String> metadata(Interception interception) {
    if (interception.mode() == Interception.Mode.NONE) {
      return Map.of();
    }
    var fields = new LinkedHashMap<String, String>();
    fields.put(MODE, interception.mode().name());
    fields.put(OUTBOUND, interception.outbound().name());
    fields.put(INBOUND, interception.inbound().name());
    fields.put(DETECTION, Long.toString(interception.detection().toMillis()));
    return fields;
  }

  /**
   * Reads the fields.
   *
   * @param field gives the text of a field; empty if it is absent
   * @throws IllegalArgumentException naming the field that is wrong
   */
  public static Interception read(UnaryOperator<String> field) {
    var usual = Interception.NONE;
    var detection = field.apply(DETECTION);
    if (!detection.matches("\\d{0,6}")) {
      throw new IllegalArgumentException(
          "node.metadata." + DETECTION + ": must be milliseconds, was '" + detection + "'");
    }
    return new Interception(
        choice(field, MODE, usual.mode()),
        choice(field, OUTBOUND, usual.outbound()),
        choice(field, INBOUND, usual.inbound()),
        detection.isEmpty() ? usual.detection() : Duration.ofMillis(Long.parseLong(detection)));
  }

  private static <E extends Enum<E>> E choice(UnaryOperator<String> field, String name, E usual) {
    var text = field.apply(name);
    if (text.isEmpty()) {
      return usual;
    }
    var choices = usual.getDeclaringClass().getEnumConstants();
    return Arrays.stream(choices)
        .filter(choice -> choice.name().equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "node.metadata."
                        + name
                        + ": must be one of "
                        + Arrays.toString(choices)
                        + ", was '"
                        + text
                        + "'"));
  }
}
