package io.fairlead.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import picocli.CommandLine.Option;

/** How commands reach {@code fairlead up}. Confined to one thread. */
final class ApiOptions {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  @Option(
      names = "--api",
      paramLabel = "URL",
      defaultValue = "${env:FAIRLEAD_API:-http://127.0.0.1:8080}",
      description = "Where 'fairlead up' answers (default: ${DEFAULT-VALUE}, or $$FAIRLEAD_API).")
  private URI api = URI.create("http://127.0.0.1:8080");

  /** A status and a body. */
  record Reply(int status, String body) {
    boolean isOk() {
      return status >= 200 && status < 300;
    }

    JsonNode json() {
      try {
        return new ObjectMapper().readTree(body);
      } catch (IOException malformed) {
        throw new CommandException("the answer is not JSON: " + body, malformed);
      }
    }

    /** The body of a success, or an exception that says what the server said. */
    JsonNode orFail() {
      if (isOk()) {
        return json();
      }
      throw new CommandException("the server answered " + status + ": " + body.strip());
    }
  }

  URI address() {
    return api;
  }

  Reply get(String path) {
    return send("GET", path, "");
  }

  Reply send(String method, String path, String body) {
    var uri = URI.create(api.toString().replaceAll("/+$", "") + path);
    var request =
        HttpRequest.newBuilder(uri)
            .timeout(TIMEOUT)
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build();
    try (var client =
        HttpClient.newBuilder()
            .connectTimeout(TIMEOUT)
            .proxy(HttpClient.Builder.NO_PROXY)
            .build()) {
      var reply = client.send(request, HttpResponse.BodyHandlers.ofString());
      return new Reply(reply.statusCode(), reply.body());
    } catch (IOException unreachable) {
      throw new CommandException(
          "cannot reach " + api + "; is 'fairlead up' running? (" + unreachable + ")", unreachable);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new CommandException("interrupted", interrupted);
    }
  }
}
