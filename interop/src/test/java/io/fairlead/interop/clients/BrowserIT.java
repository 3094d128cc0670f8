package io.fairlead.interop.clients;

import static io.fairlead.interop.clients.ClientsFront.route;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Route;
import io.fairlead.traffic.RouteAction;
import io.fairlead.traffic.RouteFilters;
import io.fairlead.traffic.StringMatch;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Pages in headless Chromium, whose site stands behind the proxy, over HTTP/2 and TLS. */
@Timeout(300)
class BrowserIT {
  private static final int CASES = 17;

  @TempDir Path folder;

  /** Pages of localhost may call this route at 127.0.0.1, which is another origin. */
  private static Route shared() {
    var cors =
        new RouteFilters.Cors(
            List.of(new StringMatch.Prefix("https://localhost:")),
            List.of("PUT"),
            List.of("x-own", "content-type"),
            List.of(),
            RouteFilters.Cors.Credentials.WITHHELD,
            Duration.ZERO);
    Route plain = route("shared", "/shared", RouteAction.Forward.to("backend"));
    return new Route(
        plain.name(),
        plain.match(),
        plain.action(),
        plain.requestHeaders(),
        plain.responseHeaders(),
        plain.resilience(),
        plain.apiKeys(),
        new RouteFilters(
            List.of(),
            Optional.empty(),
            Optional.of(cors),
            Optional.empty(),
            Optional.empty(),
            RouteFilters.Limits.NONE,
            new java.util.TreeSet<>()));
  }

  @Test
  void everythingThatPagesDoWorks() throws Exception {
    String browser = Chromium.program().toString();
    Path program = NodePeer.install("browserpeer");
    var localhost = Localhost.in(folder);
    try (var site = NodePeer.start(program, "serve");
        var front = ClientsFront.ending(localhost)) {
      int port = Integer.parseInt(site.await("port"));
      front.apply(List.of(), List.of(shared()), front.cluster(Cluster.Protocol.HTTP_1, port));
      String entrance = Integer.toString(front.address().port());
      String profile = folder.resolve("profile").toString();
      String trusted = localhost.fingerprint();
      try (var visitor = NodePeer.start(program, "visit", browser, entrance, trusted, profile)) {
        List<String> said = visitor.toEnd();
        assertThat(said).hasSize(CASES).allMatch(line -> line.startsWith("ok "));
      }
    }
  }
}
