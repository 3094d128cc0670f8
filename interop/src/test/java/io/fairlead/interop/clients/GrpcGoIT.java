package io.fairlead.interop.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.traffic.Cluster;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A client and a server of grpc-go with the proxy between them. */
@Timeout(300)
class GrpcGoIT {
  private static final String ANY = "127.0.0.1:0";
  @TempDir static Path folder;
  private static Path program = Path.of("");
  private static @Nullable Localhost localhost;

  enum Transport {
    CLEAR_TEXT,
    TLS
  }

  @BeforeAll
  static void build() throws Exception {
    program = GoPeer.build("grpcpeer");
    localhost = Localhost.in(folder);
  }

  private static @Nullable Localhost certificate(Transport transport) {
    return transport == Transport.TLS ? localhost : null;
  }

  private static Peer server(Transport transport) throws IOException {
    Localhost own = certificate(transport);
    List<String> command = new ArrayList<>(List.of(program.toString(), "serve", ANY));
    if (own != null) {
      command.addAll(List.of(own.certificate().toString(), own.key().toString()));
    }
    return new Peer(command.toArray(String[]::new));
  }

  private static Peer client(String verb, ClientsFront front, Transport transport)
      throws IOException {
    Localhost roots = certificate(transport);
    List<String> command =
        new ArrayList<>(List.of(program.toString(), verb, front.address().toString()));
    if (roots != null) {
      command.addAll(List.of(roots.certificate().toString(), "localhost"));
    }
    return new Peer(command.toArray(String[]::new));
  }

  @ParameterizedTest
  @EnumSource
  void everyKindOfCallComesThrough(Transport transport) throws Exception {
    try (var server = server(transport);
        var front = new ClientsFront(certificate(transport))) {
      front.sendTo(Cluster.Protocol.HTTP_2, Integer.parseInt(server.await("port")));
      try (var client = client("call", front, transport)) {
        List<String> said = client.toEnd();
        assertThat(said).hasSize(18).allMatch(line -> line.startsWith("ok "));
      }
    }
  }

  /** Each renewal is a GOAWAY with calls under way and calls on their way. */
  @ParameterizedTest
  @EnumSource
  void noCallIsLostWhenTheServerStopsGracefully(Transport transport) throws Exception {
    try (var server = server(transport);
        var front = new ClientsFront(certificate(transport))) {
      front.sendTo(Cluster.Protocol.HTTP_2, Integer.parseInt(server.await("port")));
      try (var client = client("storm", front, transport)) {
        client.await("storming");
        for (int i = 0; i < 15; i++) {
          server.say("renew").await("renewed");
        }
        client.endInput();
        List<String> said = client.toEnd();
        assertThat(said).hasSize(1).allMatch(line -> line.matches("failed 0 of [0-9]+"));
        String made = said.getFirst().replace("failed 0 of ", "");
        assertThat(server.say("calls").await("calls")).isEqualTo(made);
      }
    }
  }
}
