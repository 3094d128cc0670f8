package io.fairlead.interop.envoy;

import io.fairlead.traffic.HostPort;
import io.fairlead.xds.WorkloadCertificate;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** A running Envoy that knows nothing but its node, its certificate and the control plane. */
final class EnvoyProcess implements AutoCloseable {
  private final Path folder;
  private final Process process;
  private final HttpClient http = HttpClient.newHttpClient();

  /** A variant of the aggregated discovery service. */
  enum Variant {
    GRPC,
    DELTA_GRPC
  }

  /**
   * What Envoy is told at its start.
   *
   * @param metadata of its node
   */
  record Bootstrap(
      String node,
      Map<String, String> metadata,
      Variant variant,
      HostPort control,
      WorkloadCertificate certificate) {}

  private EnvoyProcess(Path folder, Process process) {
    this.folder = folder;
    this.process = process;
  }

  static EnvoyProcess start(Path folder, Bootstrap bootstrap)
      throws IOException, InterruptedException {
    Files.createDirectories(folder);
    var own = bootstrap.certificate().certificate();
    Path chain = Files.writeString(folder.resolve("own.pem"), own.chainPem());
    Path key = Files.writeString(folder.resolve("own.key"), own.keyPem());
    Path roots = Files.writeString(folder.resolve("roots.pem"), bootstrap.certificate().rootsPem());
    var metadata =
        bootstrap.metadata().entrySet().stream()
            .map(entry -> "\"%s\": \"%s\"".formatted(entry.getKey(), entry.getValue()))
            .collect(Collectors.joining(", "));
    Path config =
        Files.writeString(
            folder.resolve("envoy.yaml"),
            TEXT.formatted(
                bootstrap.node(),
                metadata,
                bootstrap.variant(),
                bootstrap.control().host(),
                bootstrap.control().port(),
                TLS_TYPE,
                chain,
                key,
                roots));
    Process process =
        new ProcessBuilder(
                EnvoyProgram.path().toString(),
                "-c",
                config.toString(),
                "--concurrency",
                "1",
                "--disable-hot-restart",
                "--drain-time-s",
                "1",
                "--admin-address-path",
                folder.resolve("admin").toString(),
                "-l",
                "warning")
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("log").toFile())
            .start();
    return new EnvoyProcess(folder, process);
  }

  private static final String TLS_TYPE =
      "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";

  private static final String TEXT =
      """
      node: { id: %s, cluster: test, metadata: { %s } }
      admin: { address: { socket_address: { address: 127.0.0.1, port_value: 0 } } }
      dynamic_resources:
        ads_config:
          api_type: %s
          transport_api_version: V3
          set_node_on_first_message_only: true
          grpc_services: [{ envoy_grpc: { cluster_name: fairlead } }]
        cds_config: { ads: {}, resource_api_version: V3 }
        lds_config: { ads: {}, resource_api_version: V3 }
      static_resources:
        clusters:
          - name: fairlead
            type: STATIC
            connect_timeout: 2s
            typed_extension_protocol_options:
              envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
                "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
                explicit_http_config: { http2_protocol_options: {} }
            load_assignment:
              cluster_name: fairlead
              endpoints:
                - lb_endpoints:
                    - endpoint:
                        address: { socket_address: { address: %s, port_value: %d } }
            transport_socket:
              name: envoy.transport_sockets.tls
              typed_config:
                "@type": %s
                common_tls_context:
                  alpn_protocols: [h2]
                  tls_certificates:
                    - certificate_chain: { filename: %s }
                      private_key: { filename: %s }
                  validation_context: { trusted_ca: { filename: %s } }
      """;

  boolean isReady() throws InterruptedException {
    try {
      return admin("/ready").startsWith("LIVE");
    } catch (IOException notYet) {
      return false;
    }
  }

  String admin(String path) throws IOException, InterruptedException {
    if (!process.isAlive()) {
      throw new IllegalStateException("Envoy ended:\n" + log());
    }
    Path address = folder.resolve("admin");
    if (!Files.exists(address)) {
      throw new IOException("Envoy has no admin port yet");
    }
    var uri = URI.create("http://" + Files.readString(address).strip() + path);
    return http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
        .body();
  }

  /** The value of a counter or gauge, 0 if it has none yet. */
  long stat(String name) throws IOException, InterruptedException {
    for (String line : admin("/stats?usedonly").lines().toList()) {
      if (line.startsWith(name + ": ")) {
        return Long.parseLong(line.substring(name.length() + 2));
      }
    }
    return 0;
  }

  String log() throws IOException {
    return Files.readString(folder.resolve("log"));
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException interrupted) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
