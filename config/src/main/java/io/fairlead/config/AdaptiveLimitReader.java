package io.fairlead.config;

import io.fairlead.resilience.AdaptiveLimitSettings;
import io.fairlead.resilience.LimitAlgorithm;
import java.util.List;
import java.util.stream.Stream;

/** Reads {@code adaptiveLimit} of a ResiliencePolicy over its defaults. Stateless. */
final class AdaptiveLimitReader {
  private static final String GRADIENT = "GRADIENT";
  private static final String AIMD = "AIMD";

  private AdaptiveLimitReader() {}

  static AdaptiveLimitSettings read(Fields f) {
    boolean gradient =
        !f.choice("algorithm", List.of(GRADIENT, AIMD)).orElse(GRADIENT).equals(AIMD);
    var algorithm = gradient ? gradient(f) : aimd(f);
    var defaults = AdaptiveLimitSettings.defaults();
    int least = f.integer("minLimit", 1, 1_000_000).orElse(defaults.minLimit());
    int most = f.integer("maxLimit", 1, 1_000_000).orElse(Math.max(least, defaults.maxLimit()));
    int initial =
        f.integer("initialLimit", 1, 1_000_000)
            .orElse(Math.clamp(defaults.initialLimit(), least, Math.max(least, most)));
    try {
      return new AdaptiveLimitSettings(algorithm, initial, least, most);
    } catch (IllegalArgumentException broken) {
      var named = Stream.of("initialLimit", "maxLimit", "minLimit").filter(f::has).findFirst();
      f.fault(named.orElse("minLimit"), ResilienceReader.rule(broken));
      return defaults.withAlgorithm(algorithm);
    }
  }

  private static LimitAlgorithm gradient(Fields f) {
    var s = (LimitAlgorithm.Gradient) LimitAlgorithm.gradient();
    s =
        ResilienceReader.number(
            f,
            "backoffRatio",
            s,
            (g, ratio) ->
                new LimitAlgorithm.Gradient(
                    ratio, g.tolerance(), g.queueSize(), g.smoothing(), g.longWindow()));
    s =
        ResilienceReader.number(
            f,
            "tolerance",
            s,
            (g, tolerance) ->
                new LimitAlgorithm.Gradient(
                    g.backoffRatio(), tolerance, g.queueSize(), g.smoothing(), g.longWindow()));
    s =
        ResilienceReader.count(
            f,
            "queueSize",
            s,
            (g, size) ->
                new LimitAlgorithm.Gradient(
                    g.backoffRatio(), g.tolerance(), size, g.smoothing(), g.longWindow()));
    s =
        ResilienceReader.number(
            f,
            "smoothing",
            s,
            (g, share) ->
                new LimitAlgorithm.Gradient(
                    g.backoffRatio(), g.tolerance(), g.queueSize(), share, g.longWindow()));
    return ResilienceReader.count(
        f,
        "longWindow",
        s,
        (g, rounds) ->
            new LimitAlgorithm.Gradient(
                g.backoffRatio(), g.tolerance(), g.queueSize(), g.smoothing(), rounds));
  }

  private static LimitAlgorithm aimd(Fields f) {
    var s = (LimitAlgorithm.Aimd) LimitAlgorithm.aimd();
    s =
        ResilienceReader.number(
            f,
            "backoffRatio",
            s,
            (a, ratio) -> new LimitAlgorithm.Aimd(ratio, a.latencyThreshold()));
    return ResilienceReader.time(
        f,
        "latencyThreshold",
        s,
        (a, threshold) -> new LimitAlgorithm.Aimd(a.backoffRatio(), threshold));
  }
}
