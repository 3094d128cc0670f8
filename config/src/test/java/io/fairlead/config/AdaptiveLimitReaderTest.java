package io.fairlead.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.resilience.AdaptiveLimitSettings;
import io.fairlead.resilience.LimitAlgorithm;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class AdaptiveLimitReaderTest {
  private static Manifests parse(String limit) {
    return Manifests.parse(
        "mesh.yaml",
        """
        apiVersion: fairlead.io/v1
        kind: ResiliencePolicy
        metadata: { name: bank }
        spec:
          targetRefs: [{ kind: Service, name: bank }]
          adaptiveLimit: %s
        """
            .formatted(limit),
        Manifests.ReferencedFiles.NONE);
  }

  private static AdaptiveLimitSettings settings(String limit) {
    var parsed = parse(limit);
    assertThat(parsed.faults()).isEmpty();
    var policy = (Manifest.ResiliencePolicy) parsed.documents().getFirst();
    return policy.settings().adaptiveLimit().orElseThrow();
  }

  @Test
  void anEmptyLimitHasTheDefaults() {
    assertThat(settings("{}")).isEqualTo(AdaptiveLimitSettings.defaults());
  }

  @Test
  void everyFieldIsRead() {
    assertThat(
            settings(
                "{ initialLimit: 5, minLimit: 2, maxLimit: 9, backoffRatio: 0.8, tolerance: 2,"
                    + " queueSize: 7, smoothing: 0.5, longWindow: 100 }"))
        .isEqualTo(
            new AdaptiveLimitSettings(new LimitAlgorithm.Gradient(0.8, 2, 7, 0.5, 100), 5, 2, 9));
    assertThat(settings("{ algorithm: AIMD, backoffRatio: 0.7, latencyThreshold: 300ms }"))
        .isEqualTo(
            AdaptiveLimitSettings.defaults()
                .withAlgorithm(new LimitAlgorithm.Aimd(0.7, Duration.ofMillis(300))));
  }

  @Test
  void whatIsOutOfBoundsIsToldAtItsField() {
    assertThat(parse("{ tolerance: 20, minLimit: 8, maxLimit: 5 }").faults())
        .map(Fault::toString)
        .anyMatch(fault -> fault.contains("spec.adaptiveLimit.tolerance: '20' must be"))
        .anyMatch(fault -> fault.contains("spec.adaptiveLimit.maxLimit: '5' must be"));
    assertThat(parse("{ algorithm: AIMD, tolerance: 2 }").faults())
        .map(Fault::toString)
        .anyMatch(fault -> fault.contains("spec.adaptiveLimit.tolerance: is unknown"));
  }
}
