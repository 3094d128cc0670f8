package io.fairlead.interop.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.traffic.Cluster.Protocol;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A client and a server of the library ws for Node with the proxy between them. The server takes
 * upgrades of HTTP/1.1, or extended CONNECT on the HTTP/2 of Node.
 */
@Timeout(300)
class WebSocketLibraryIT {
  private static final int CASES = 13;

  @TempDir static Path folder;
  private static Path program = Path.of("");
  private static Localhost localhost = new Localhost(program, program, "");

  @BeforeAll
  static void install() throws Exception {
    program = NodePeer.install("wspeer");
    localhost = Localhost.in(folder);
  }

  private static String version(Protocol protocol) {
    return protocol == Protocol.HTTP_2 ? "2" : "1";
  }

  @ParameterizedTest
  @EnumSource
  void everyKindOfMessageComesThroughInClearText(Protocol protocol) throws Exception {
    try (var server = NodePeer.start(program, "serve", version(protocol));
        var front = new ClientsFront(null)) {
      front.sendTo(protocol, Integer.parseInt(server.await("port")));
      try (var client = NodePeer.start(program, "call", "ws://" + front.address())) {
        List<String> said = client.toEnd();
        assertThat(said).hasSize(CASES).allMatch(line -> line.startsWith("ok "));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyKindOfMessageComesThroughTls(Protocol protocol) throws Exception {
    String certificate = localhost.certificate().toString();
    String key = localhost.key().toString();
    try (var server = NodePeer.start(program, "serve", version(protocol), certificate, key);
        var front = new ClientsFront(localhost)) {
      front.sendTo(protocol, Integer.parseInt(server.await("port")));
      String address = "wss://" + front.address();
      try (var client = NodePeer.start(program, "call", address, certificate)) {
        List<String> said = client.toEnd();
        assertThat(said).hasSize(CASES).allMatch(line -> line.startsWith("ok "));
      }
    }
  }
}
