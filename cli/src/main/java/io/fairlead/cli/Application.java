package io.fairlead.cli;

import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Interception;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The program beside a sidecar. Safe for use by many threads. */
final class Application {
  private final Process process;

  private Application(Process process) {
    this.process = process;
  }

  /**
   * Starts it with the sidecar's output and input.
   *
   * @param environment is added to the sidecar's own
   * @throws IOException if there is no such program
   */
  static Application start(List<String> command, Map<String, String> environment)
      throws IOException {
    var builder = new ProcessBuilder(command).inheritIO();
    builder.environment().putAll(environment);
    return new Application(builder.start());
  }

  /** Its environment: how it reaches the mesh without knowing of it. */
  static Map<String, String> environment(SidecarSettings settings) {
    var environment = new HashMap<String, String>();
    environment.put("PORT", Integer.toString(settings.workload().port()));
    environment.put("OTEL_SERVICE_NAME", settings.workload().service());
    // What is intercepted needs no proxy, and would lose the address of its destination by one.
    if (settings.ports().interception().mode() == Interception.Mode.NONE) {
      environment.putAll(proxied(settings.ports().outbound()));
    }
    settings
        .mesh()
        .otlp()
        .ifPresent(otlp -> environment.put("OTEL_EXPORTER_OTLP_ENDPOINT", otlp.toString()));
    return environment;
  }

  private static Map<String, String> proxied(HostPort outbound) {
    var proxy = "http://" + outbound;
    var direct = "localhost,127.0.0.1,::1";
    var options =
        "-Dhttp.proxyHost="
            + outbound.host()
            + " -Dhttp.proxyPort="
            + outbound.port()
            + " -Dhttp.nonProxyHosts=localhost|127.*|[::1]";
    var existing = System.getenv().getOrDefault("JAVA_TOOL_OPTIONS", "");
    return Map.of(
        "HTTP_PROXY", proxy,
        "http_proxy", proxy,
        "NO_PROXY", direct,
        "no_proxy", direct,
        "JAVA_TOOL_OPTIONS", existing.isEmpty() ? options : existing + " " + options);
  }

  /** Completes with the exit code; a program ended by a signal gives 128 and its number. */
  CompletableFuture<Integer> exit() {
    return process.onExit().thenApply(Process::exitValue);
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Asks it to stop, and ends it if it has not stopped in time. */
  void stop(Duration grace) throws InterruptedException {
    process.destroy();
    if (!process.waitFor(grace.toMillis(), TimeUnit.MILLISECONDS)) {
      process.destroyForcibly();
    }
  }
}
