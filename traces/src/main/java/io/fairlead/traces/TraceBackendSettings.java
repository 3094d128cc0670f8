package io.fairlead.traces;

/**
 * Configuration of the receivers. Immutable.
 *
 * @param host address that the receivers bind to
 * @param grpcPort port known for OTLP over gRPC, 0 for a free one
 * @param httpPort port known for OTLP over HTTP, 0 for a free one
 * @param maxMessageBytes longest message, before and after it is unpacked
 * @param maxConcurrentMessages most messages over HTTP read at once; further ones are refused
 */
public record TraceBackendSettings(
    String host, int grpcPort, int httpPort, int maxMessageBytes, int maxConcurrentMessages) {

  public TraceBackendSettings {
    port("grpcPort", grpcPort);
    port("httpPort", httpPort);
    positive("maxMessageBytes", maxMessageBytes);
    positive("maxConcurrentMessages", maxConcurrentMessages);
  }

  /** Loopback, 4317 and 4318, messages of 16 MiB, 64 at once. */
  public static TraceBackendSettings defaults() {
    return new TraceBackendSettings("127.0.0.1", 4317, 4318, 16 << 20, 64);
  }

  /** The same on other ports. */
  public TraceBackendSettings withPorts(String newHost, int newGrpcPort, int newHttpPort) {
    return new TraceBackendSettings(
        newHost, newGrpcPort, newHttpPort, maxMessageBytes, maxConcurrentMessages);
  }

  private static void port(String field, int port) {
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException(field + ": must be 0 to 65535, was " + port);
    }
  }

  private static void positive(String field, int value) {
    if (value <= 0) {
      throw new IllegalArgumentException(field + ": must be above 0, was " + value);
    }
  }
}
