package io.fairlead.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fairlead.traffic.HostPort;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fairlead tap}: requests as they pass a proxy. */
@Command(
    name = "tap",
    description = {
      "Show the next requests that pass a proxy.",
      "Each is shown once it has ended: its head, the head of its answer, where it went and how"
          + " long that took. What proves who calls is masked."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Example: fairlead tap --admin 15000 -n 5 --path /orders --status 5xx",
      "Exit codes: 0 all were seen, 1 failed or the time was over before, 2 wrong usage."
    })
final class TapCommand implements Callable<Integer> {
  private static final Duration CONNECT = Duration.ofSeconds(5);

  @Spec private @Nullable CommandSpec spec;
  @Mixin private final Filter filter = new Filter();

  @Option(
      names = "--admin",
      paramLabel = "[HOST:]PORT",
      defaultValue = "15000",
      converter = HostPortConverter.class,
      description = "Admin port of the proxy (default: ${DEFAULT-VALUE}).")
  private HostPort admin = new HostPort("127.0.0.1", 15000);

  @Option(
      names = {"-n", "--count"},
      defaultValue = "1",
      description = "Requests to show, 1 to 1000 (default: ${DEFAULT-VALUE}).")
  private int count;

  @Option(
      names = "--timeout",
      defaultValue = "30s",
      converter = DurationConverter.class,
      description = "How long to wait for them, 1s to 10m (default: ${DEFAULT-VALUE}).")
  private Duration timeout = Duration.ofSeconds(30);

  @Option(names = "--show-secrets", description = "Show authorization, cookies, keys and tokens.")
  private boolean showSecrets;

  @Option(names = "--json", description = "Print one JSON object a line.")
  private boolean json;

  /** Which requests are shown. */
  static final class Filter {
    @Option(names = "--path", description = "Those whose path begins so.")
    private Optional<String> path = Optional.empty();

    @Option(
        names = "--header",
        paramLabel = "NAME[:VALUE]",
        description = "Those that have this header.")
    private Optional<String> header = Optional.empty();

    @Option(
        names = "--status",
        paramLabel = "STATUS",
        description = "Those answered with it, such as 503 or 5xx.")
    private Optional<String> status = Optional.empty();

    @Option(names = "--service", description = "Those that went to this service.")
    private Optional<String> service = Optional.empty();

    private String query() {
      return parameter("path", path)
          + parameter("header", header)
          + parameter("status", status)
          + parameter("service", service);
    }

    private static String parameter(String name, Optional<String> value) {
      return value
          .map(text -> "&" + name + "=" + URLEncoder.encode(text, StandardCharsets.UTF_8))
          .orElse("");
    }
  }

  @Override
  public Integer call() throws InterruptedException {
    var output = Output.of(spec);
    var uri =
        URI.create(
            "http://"
                + admin
                + "/tap?count="
                + count
                + "&seconds="
                + timeout.toSeconds()
                + "&secrets="
                + (showSecrets ? "shown" : "masked")
                + filter.query());
    try (var client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .proxy(HttpClient.Builder.NO_PROXY)
            .build()) {
      var request = HttpRequest.newBuilder(uri).POST(HttpRequest.BodyPublishers.noBody()).build();
      var reply = client.send(request, HttpResponse.BodyHandlers.ofLines());
      try (var lines = reply.body()) {
        return reply.statusCode() == 200 ? show(lines, output) : refused(reply, lines);
      }
    } catch (IOException unreachable) {
      throw new CommandException(
          "cannot reach the admin port " + admin + "; is the proxy running? (" + unreachable + ")",
          unreachable);
    }
  }

  private static int refused(HttpResponse<?> reply, Stream<String> lines) {
    var said = String.join(" ", lines.toList());
    throw new CommandException("the proxy answered " + reply.statusCode() + ": " + said);
  }

  private int show(Stream<String> lines, Output output) {
    var all = new ArrayList<JsonNode>();
    lines
        .map(TapCommand::parse)
        .forEach(
            seen -> {
              if (seen.has("dropped")) {
                output.err().println(seen.path("dropped").asText() + " more were not shown");
                return;
              }
              all.add(seen);
              output.out().println(json ? seen.toString() : text(seen));
              output.out().flush();
            });
    if (all.size() < count) {
      output
          .err()
          .println(all.size() + " of " + count + " requests in " + timeout.toSeconds() + "s");
      output.err().flush();
      return 1;
    }
    return 0;
  }

  private static JsonNode parse(String line) {
    try {
      return new ObjectMapper().readTree(line);
    } catch (IOException malformed) {
      throw new CommandException("the proxy sent what is no JSON: " + line, malformed);
    }
  }

  private static String text(JsonNode seen) {
    var request = seen.path("request");
    var response = seen.path("response");
    var lines = new ArrayList<String>();
    lines.add(
        "%s %s  %s %s %s"
            .formatted(
                seen.path("time").asText(),
                seen.path("listener").asText(),
                request.path("method").asText(),
                request.path("target").asText(),
                request.path("protocol").asText()));
    headers(request, "  > ", lines);
    lines.add(
        "  < %s  flags %s  %s"
            .formatted(
                response.path("status").asText(),
                seen.path("flags").asText(),
                seen.path("details").asText()));
    headers(response, "  < ", lines);
    lines.add(
        String.format(
            Locale.ROOT,
            "  = %.3f ms, %s tries, route %s, service %s, endpoint %s %s, %s in, %s out",
            seen.path("durationMicros").asLong() / 1_000.0,
            seen.path("attempts").asText(),
            orDash(seen, "route"),
            orDash(seen, "service"),
            orDash(seen, "endpoint"),
            orDash(seen, "address"),
            seen.path("bytesReceived").asText(),
            seen.path("bytesSent").asText()));
    return String.join(System.lineSeparator(), lines);
  }

  private static String orDash(JsonNode seen, String name) {
    return seen.path(name).asText("-");
  }

  private static void headers(JsonNode message, String before, List<String> lines) {
    message
        .path("headers")
        .forEach(
            field ->
                lines.add(before + printable(field.path(0)) + ": " + printable(field.path(1))));
  }

  /** Nothing that a client sent may command the terminal. */
  private static String printable(JsonNode text) {
    return text.asText().replaceAll("[\\p{Cntrl}\\p{Cf}\\x{2028}\\x{2029}]", "?");
  }
}
