package io.fairlead.cli;

import io.fairlead.cli.SidecarSettings.AppProtocol;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.Interception;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code fairlead sidecar}: a service on the mesh, without changing it. */
@Command(
    name = "sidecar",
    description = {
      "Run an application on the mesh.",
      "The application is started once the mesh is reached, registered once it is ready, and"
          + " reaches other services by name: http://payment/charge just works through"
          + " HTTP_PROXY, and for Java through JAVA_TOOL_OPTIONS."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Example: fairlead sidecar --service order --app-port 8081 -- java -jar order.jar"
    })
final class SidecarCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(SidecarCommand.class);

  @Mixin private final MeshOptions mesh = new MeshOptions();
  @Mixin private final DataPlaneOptions dataPlane = new DataPlaneOptions();
  @Mixin private final InterceptionOptions intercepted = new InterceptionOptions();

  @Option(names = "--service", required = true, description = "Name of the service.")
  private String service = "";

  @Option(names = "--app-port", required = true, description = "Where the application listens.")
  private int appPort;

  @Option(
      names = "--app-protocol",
      paramLabel = "PROTOCOL",
      defaultValue = "http1",
      description = "What the application speaks: ${COMPLETION-CANDIDATES}; h2c for gRPC.")
  private AppProtocol appProtocol = AppProtocol.HTTP1;

  @Option(
      names = "--instance",
      paramLabel = "ID",
      description = "Name of this instance (default: the service and a random suffix).")
  private @Nullable String instance;

  @Option(names = "--app-version", defaultValue = "", description = "Release, for routes.")
  private String version = "";

  @Option(
      names = "--inbound",
      paramLabel = "[HOST:]PORT",
      defaultValue = "15006",
      converter = HostPortConverter.class,
      description = "Where peers call; 0 picks a free port (default: ${DEFAULT-VALUE}).")
  private HostPort inbound = new HostPort("127.0.0.1", 15006);

  @Option(
      names = "--outbound",
      paramLabel = "[HOST:]PORT",
      defaultValue = "15001",
      converter = HostPortConverter.class,
      description = "Where the application calls; 0 picks a free port (default: ${DEFAULT-VALUE}).")
  private HostPort outbound = new HostPort("127.0.0.1", 15001);

  @Option(
      names = "--address",
      paramLabel = "HOST",
      description = "Where peers reach this host (default: the host of --inbound).")
  private @Nullable String address;

  @Option(
      names = "--health-path",
      defaultValue = "/health/ready",
      description = "Asked for until it answers 200 to 399 (default: ${DEFAULT-VALUE}).")
  private String healthPath = "/health/ready";

  @Option(
      names = "--health-period",
      defaultValue = "1s",
      converter = DurationConverter.class,
      description = "Time between two checks (default: ${DEFAULT-VALUE}).")
  private Duration healthPeriod = Duration.ofSeconds(1);

  @Option(
      names = "--health-failures",
      defaultValue = "3",
      description = "Failed checks in a row that take it out (default: ${DEFAULT-VALUE}).")
  private int healthFailures;

  @Parameters(paramLabel = "COMMAND", description = "The application, after --.")
  private List<String> command = List.of();

  @Override
  public Integer call() throws InterruptedException, IOException {
    var settings = settings();
    var stop = Shutdown.install();
    try (var sidecar = Sidecar.start(settings)) {
      LOG.info(
          "{} listens for peers on {} (mutual TLS), for its application on {} (plain text),"
              + " for operators on {}",
          settings.workload().instance(),
          settings.ports().inbound(),
          settings.ports().outbound(),
          settings.ports().admin());
      sayWhatIsIntercepted(settings);
      return stop.awaitSignalOr(sidecar.applicationExit());
    } finally {
      stop.done();
    }
  }

  private static void sayWhatIsIntercepted(SidecarSettings settings) {
    var interception = settings.ports().interception();
    if (interception.mode() != Interception.Mode.NONE) {
      LOG.info(
          "intercepts by {}: destinations that nobody has declared {}, ports other than {} {}",
          interception.mode(),
          interception.outbound(),
          settings.workload().port(),
          settings.ports().inbound().isLoopback() ? "NOT INTERCEPTED" : interception.inbound());
    }
  }

  private SidecarSettings settings() throws IOException {
    var suffix = Integer.toHexString(ThreadLocalRandom.current().nextInt(0x1000, 0x10000));
    var name = instance == null ? service + "-" + suffix : instance;
    return new SidecarSettings(
        new SidecarSettings.Workload(service, name, version, appPort, appProtocol),
        ports(),
        mesh.access(),
        new SidecarSettings.Health(healthPath, healthPeriod, healthFailures),
        dataPlane.proxy(),
        mesh.start(),
        dataPlane.accessLogs(),
        command);
  }

  private SidecarSettings.Ports ports() throws IOException {
    var interception = intercepted.interception();
    var own = free(inbound);
    boolean led = interception.mode() != Interception.Mode.NONE && !own.isLoopback();
    if (led && address == null && own.isWildcard()) {
      throw new CommandException(
          "--address: must name this host to its peers where --inbound is " + own);
    }
    var host = address == null ? own.host() : address;
    // Peers call the application's port where the kernel leads them here, as others do.
    var registered = new HostPort(host, led ? appPort : own.port());
    return new SidecarSettings.Ports(
        own, free(outbound), free(dataPlane.admin()), registered, interception);
  }

  /** The control plane must be told the port before it is bound, so a free one is found first. */
  static HostPort free(HostPort wanted) throws IOException {
    if (wanted.port() != 0) {
      return wanted;
    }
    try (var socket = new ServerSocket(0, 1, InetAddress.getByName(wanted.host()))) {
      return new HostPort(wanted.host(), socket.getLocalPort());
    }
  }
}
