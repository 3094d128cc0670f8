package io.fairlead.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.config.LogFilter;
import io.fairlead.config.LogFormat;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.filter.Admission;
import io.fairlead.proxy.log.AccessLogging;
import io.fairlead.proxy.loop.SideLoop;
import io.fairlead.proxy.policy.PolicyRegistry;
import io.fairlead.proxy.route.CompiledRoutes;
import io.fairlead.proxy.route.Router;
import io.fairlead.proxy.route.RouterCompiler;
import io.fairlead.resilience.PolicyEvents;
import io.fairlead.resilience.Ticker;
import io.fairlead.traffic.AccessLog;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.RouteTable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ObservationTest {
  @TempDir Path folder;

  private static StackParts parts(Observation observation, Listener listener) {
    var policies = new PolicyRegistry(Ticker.system(), PolicyEvents.none());
    var compiler =
        new RouterCompiler(
            Map.of(),
            CompiledRoutes.NONE,
            policies.draft(),
            Duration.ofSeconds(1),
            observation.asking(),
            (table, message) -> {});
    Router router = compiler.compile(new RouteTable("(none)", List.of()));
    var admission = new Admission.Layers(new Layer() {}, List.of());
    return observation.parts(listener, List.of(), admission, List.of(), router);
  }

  @Test
  void whatIsNotLoggedHasNoLayerAndNoThread() {
    var settings = DataPlaneSettings.of("test", "test").withEventLoops(1);
    var listener = Model.listener("front", "routes");
    var log = new AccessLog(folder.resolve("a.log").toString(), LogFormat.ISTIO, LogFilter.ALL);
    try (var side = new SideLoop()) {
      var observation = new Observation(settings, Ticker.system(), side);
      assertThat(parts(observation, listener).observers())
          .noneMatch(AccessLogging.class::isInstance);
      assertThat(parts(observation, listener).connectionObservers())
          .noneMatch(AccessLogging.class::isInstance);
      assertThat(observation.files().all()).isEmpty();
      assertThat(parts(observation, listener.withAccessLogs(List.of(log))).observers())
          .hasAtLeastOneElementOfType(AccessLogging.class);
      assertThat(observation.files().all()).hasSize(1);
      observation.files().close();
      assertThat(Files.exists(folder.resolve("a.log"))).isFalse();
    }
  }
}
