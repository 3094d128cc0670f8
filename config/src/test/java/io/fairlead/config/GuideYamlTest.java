package io.fairlead.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.resilience.CircuitBreakerSettings;
import io.fairlead.resilience.ResilienceSettings;
import io.fairlead.resilience.RetrySettings;
import io.fairlead.resilience.TimeoutSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The YAML of the guide to the resilience policies is valid and means what stands beside it. */
class GuideYamlTest {
  private static final Path GUIDE = Path.of("..", "docs", "resilience.md");
  private static final Path PAGES = Path.of("..", "docs", "resilience");
  private static final Pattern YAML = Pattern.compile("(?s)```yaml\n(.*?)```");

  @Test
  void everyDocumentOfTheGuideIsValid() throws IOException {
    List<Path> files = new ArrayList<>(List.of(GUIDE));
    try (Stream<Path> pages = Files.list(PAGES)) {
      pages.forEach(files::add);
    }
    int documents = 0;
    for (Path file : files) {
      for (String yaml : documents(file)) {
        assertThat(parse(yaml).faults()).as("faults in %s", file).isEmpty();
        documents++;
      }
    }
    assertThat(documents).isGreaterThan(1);
  }

  /** The settings of {@code GuideExamplesTest.settingsThatChange}. */
  @Test
  void documentOfTheGuideMeansTheSettingsBesideIt() throws IOException {
    var document = parse(documents(GUIDE).getFirst()).documents().getFirst();
    assertThat(((Manifest.ResiliencePolicy) document).settings())
        .isEqualTo(
            ResilienceSettings.none()
                .withTimeout(TimeoutSettings.defaults().withRequest(Duration.ofSeconds(3)))
                .withRetry(RetrySettings.defaults().withMaxRetries(2))
                .withCircuitBreaker(
                    CircuitBreakerSettings.defaults().withMinimumNumberOfCalls(20)));
  }

  private static Manifests parse(String yaml) {
    return Manifests.parse("guide", yaml, Manifests.ReferencedFiles.NONE);
  }

  private static List<String> documents(Path file) throws IOException {
    return YAML.matcher(Files.readString(file)).results().map(found -> found.group(1)).toList();
  }
}
