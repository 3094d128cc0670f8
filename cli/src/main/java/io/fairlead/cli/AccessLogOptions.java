package io.fairlead.cli;

import io.fairlead.config.LogFilter;
import io.fairlead.config.LogFormat;
import io.fairlead.traffic.AccessLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Where a proxy logs its requests, whatever the configuration says. Confined to one thread. */
final class AccessLogOptions {
  @Option(
      names = "--access-log",
      paramLabel = "FILE|-",
      description =
          "Log each request and connection there, or to standard output (default: only what"
              + " AccessLog documents say).")
  private Optional<String> file = Optional.empty();

  @Option(
      names = "--access-log-format",
      paramLabel = "text|json|TEMPLATE",
      defaultValue = "text",
      description =
          "A line as Istio's proxies write it, the same as JSON, or a template in Envoy's syntax"
              + " such as '%%REQ(:PATH)%% %%RESPONSE_CODE%%' (default: ${DEFAULT-VALUE}).")
  private String format = "text";

  /** None or one. */
  List<AccessLog> logs() {
    if (file.isEmpty()) {
      return List.of();
    }
    var path = file.get();
    if (!path.equals(io.fairlead.config.AccessLog.STANDARD_OUTPUT)) {
      path = writable(path);
    }
    return List.of(new AccessLog(path, format(), LogFilter.ALL));
  }

  private LogFormat format() {
    try {
      return switch (format) {
        case "text" -> LogFormat.ISTIO;
        case "json" -> LogFormat.ISTIO_JSON;
        default -> new LogFormat.Text(format);
      };
    } catch (IllegalArgumentException wrong) {
      throw new CommandException("--access-log-format: " + wrong.getMessage(), wrong);
    }
  }

  /** Later failures only cost lines; one at the start is a mistake in the command. */
  private static String writable(String path) {
    var absolute = Path.of(path).toAbsolutePath();
    try {
      Files.newByteChannel(absolute, StandardOpenOption.CREATE, StandardOpenOption.APPEND).close();
    } catch (IOException refused) {
      throw new CommandException(
          "--access-log: cannot write " + absolute + ": " + refused, refused);
    }
    return absolute.toString();
  }
}
