package io.fairlead.interop.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.traffic.Cluster;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A client and a server of the library ws for Node with the proxy between them. */
@Timeout(300)
class WebSocketLibraryIT {
  private static final int CASES = 13;

  @TempDir static Path folder;
  private static Path program = Path.of("");

  @BeforeAll
  static void install() throws Exception {
    program = NodePeer.install("wspeer");
  }

  private static void sendTo(ClientsFront front, Peer server)
      throws IOException, InterruptedException {
    front.sendTo(Cluster.Protocol.HTTP_1, Integer.parseInt(server.await("port")));
  }

  @Test
  void everyKindOfMessageComesThroughInClearText() throws Exception {
    try (var server = NodePeer.start(program, "serve");
        var front = new ClientsFront(null)) {
      sendTo(front, server);
      try (var client = NodePeer.start(program, "call", "ws://" + front.address())) {
        List<String> said = client.toEnd();
        assertThat(said).hasSize(CASES).allMatch(line -> line.startsWith("ok "));
      }
    }
  }

  @Test
  void everyKindOfMessageComesThroughTls() throws Exception {
    var localhost = Localhost.in(folder);
    String certificate = localhost.certificate().toString();
    try (var server = NodePeer.start(program, "serve", certificate, localhost.key().toString());
        var front = new ClientsFront(localhost)) {
      sendTo(front, server);
      String address = "wss://" + front.address();
      try (var client = NodePeer.start(program, "call", address, certificate)) {
        List<String> said = client.toEnd();
        assertThat(said).hasSize(CASES).allMatch(line -> line.startsWith("ok "));
      }
    }
  }
}
