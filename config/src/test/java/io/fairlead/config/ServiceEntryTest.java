package io.fairlead.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.config.Manifest.ServiceEntry;
import io.fairlead.config.Manifest.ServiceEntry.Resolution;
import io.fairlead.config.Manifest.ServiceEntry.StaticEndpoint;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServiceEntryTest {
  private static Manifests parse(String spec) {
    var text =
        """
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: { name: mail }
        spec:
        """;
    return Manifests.parse("m.yaml", text + spec.indent(2), Manifests.ReferencedFiles.NONE);
  }

  private static ServiceEntry entry(String spec) {
    var parsed = parse(spec);
    assertThat(parsed.faults()).isEmpty();
    return (ServiceEntry) parsed.documents().getFirst();
  }

  @Test
  void hostsAreTheEndpointsThatAreResolvedWhereThereAreNoOthers() {
    var entry = entry("hosts: [a.example, b.example]\nports: [{ number: 25 }]\nresolution: DNS\n");
    assertThat(entry.resolution()).isEqualTo(Resolution.DNS);
    assertThat(entry.endpoints())
        .containsExactly(
            new StaticEndpoint("a.example", 25, 1), new StaticEndpoint("b.example", 25, 1));
  }

  @Test
  void endpointsThatAreNamedAreResolvedInsteadOfHosts() {
    var entry =
        entry("hosts: ['*.example']\nresolution: DNS_ROUND_ROBIN\nendpoints: [{ address: a }]\n");
    assertThat(entry.resolution()).isEqualTo(Resolution.DNS_ROUND_ROBIN);
    assertThat(entry.endpoints()).containsExactly(new StaticEndpoint("a", 80, 1));
    assertThat(entry("hosts: [a]").resolution()).isEqualTo(Resolution.STATIC);
    assertThat(entry("hosts: [a]").endpoints()).isEmpty();
  }

  @Test
  void whatCannotBeResolvedIsRefused() {
    assertThat(parse("hosts: ['*.example', b]\nresolution: DNS_ROUND_ROBIN\n").faults())
        .extracting(Fault::toString)
        .satisfiesExactly(
            f -> assertThat(f).contains("spec.hosts: must have no wildcard to be resolved"),
            f ->
                assertThat(f).contains("spec.resolution: 'DNS_ROUND_ROBIN' must have exactly one"));
    assertThat(parse("hosts: [a]\nresolution: NONE\n").faults())
        .extracting(Fault::toString)
        .isEqualTo(
            List.of(
                "m.yaml:6:15: spec.resolution: 'NONE' must be one of STATIC, DNS,"
                    + " DNS_ROUND_ROBIN"));
  }
}
