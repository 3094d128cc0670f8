package io.fairlead.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The scenarios of {@code fairlead demo --script} on the running shop. Times are not judged here:
 * they depend on the load of the machine.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ScenariosIT {
  private static final int BASE_PORT = 23_000;

  private final Fleet fleet;
  private final Shop shop;
  private final Path home;

  ScenariosIT(@TempDir Path home) {
    this.home = home;
    fleet = new Fleet(home, new FleetPorts(BASE_PORT));
    shop = new Shop(fleet);
  }

  @BeforeAll
  void start() throws Exception {
    new Start(home).run(shop);
  }

  @AfterAll
  void stop() {
    shop.close();
    fleet.close();
  }

  static Stream<String> names() {
    return DemoCommand.all().stream().map(Scenario::name);
  }

  @ParameterizedTest
  @MethodSource("names")
  void theScenarioShowsWhatIsExpected(String name) throws Exception {
    var scenario =
        DemoCommand.all().stream().filter(s -> s.name().equals(name)).findFirst().orElseThrow();
    var outcome = scenario.show().run(shop);
    assertThat(outcome.passed())
        .as("expected: %s; observed: %s", scenario.expected(), outcome.observed())
        .isTrue();
  }
}
