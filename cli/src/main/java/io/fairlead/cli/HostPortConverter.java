package io.fairlead.cli;

import io.fairlead.traffic.HostPort;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** {@code host:port} or a port alone, which means loopback. */
final class HostPortConverter implements ITypeConverter<HostPort> {
  @Override
  public HostPort convert(String text) {
    int colon = text.lastIndexOf(':');
    var port = text.substring(colon + 1);
    var host = colon < 0 ? "127.0.0.1" : text.substring(0, colon).replaceAll("^\\[|]$", "");
    if (!port.matches("\\d{1,5}") || Integer.parseInt(port) > 65_535 || host.isEmpty()) {
      throw new TypeConversionException("'" + text + "' must be host:port or a port");
    }
    return new HostPort(host, Integer.parseInt(port));
  }
}
