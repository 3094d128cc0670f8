package io.fairlead.proxy.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.proxy.Authority;
import io.fairlead.traffic.ClientTls;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.PeerValidation;
import io.fairlead.traffic.Secret;
import io.fairlead.traffic.ServerTls;
import io.fairlead.traffic.StringMatch;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.util.ReferenceCountUtil;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TlsContextsTest {
  private static final Authority CA = new Authority("mesh");
  private static final PeerValidation PEERS = new PeerValidation("roots", List.of());
  private static final ServerTls SERVER = new ServerTls("own", Optional.of(PEERS));
  private static final ClientTls CLIENT = new ClientTls("own", PEERS, "");
  private final TlsContexts contexts = new TlsContexts(Duration.ofSeconds(5));
  private final List<String> faults = new ArrayList<>();

  @AfterEach
  void close() {
    contexts.close();
    assertThat(contexts.held()).isZero();
  }

  private static List<Secret> secrets() {
    return List.of(
        CA.identity("spiffe://mesh.test/a").secret("own"), CA.roots("roots", "mesh.test"));
  }

  private TlsContexts.Draft draft(List<Secret> secrets) {
    return contexts.draft(secrets, (name, message) -> faults.add(name + ": " + message));
  }

  @Test
  void sameSecretsGiveTheSameContext() {
    List<Secret> secrets = secrets();
    TlsContexts.Draft first = draft(secrets);
    ServerTlsContext server = first.server(SERVER, faults::add);
    ClientTlsContext client = first.client(CLIENT, Cluster.Protocol.HTTP_1, faults::add);
    assertThat(first.server(SERVER, faults::add)).isNotNull().isSameAs(server);
    first.commit();
    TlsContexts.Draft second = draft(secrets);
    assertThat(second.server(SERVER, faults::add)).isSameAs(server);
    assertThat(second.client(CLIENT, Cluster.Protocol.HTTP_1, faults::add))
        .isNotNull()
        .isSameAs(client);
    ClientTls other =
        new ClientTls("own", new PeerValidation("roots", List.of(new StringMatch.Present())), "");
    assertThat(second.client(other, Cluster.Protocol.HTTP_1, faults::add))
        .isNotNull()
        .isNotSameAs(client);
    second.discard();
    assertThat(contexts.held()).isEqualTo(2);
    assertThat(draft(secrets()).server(SERVER, faults::add)).isNotNull().isNotSameAs(server);
    assertThat(faults).isEmpty();
  }

  @Test
  void supersededContextsAreGivenBack() {
    for (int i = 0; i < 3; i++) {
      TlsContexts.Draft draft = draft(secrets());
      assertThat(draft.server(SERVER, faults::add)).isNotNull();
      draft.commit();
    }
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(
            () -> {
              System.gc();
              draft(List.of()).discard();
              return contexts.held() == 1;
            });
  }

  @Test
  void nativePartOfClientsContextIsMadeWithItsFirstConnectionOrInPlaceOfOneInUse() {
    TlsContexts.Draft first = draft(secrets());
    assertThat(first.client(CLIENT, Cluster.Protocol.HTTP_1, faults::add)).isNotNull();
    ClientTlsContext second = other(first);
    first.commit();
    assertThat(contexts.held()).isEqualTo(1);
    var handler = second.newHandler(UnpooledByteBufAllocator.DEFAULT, new HostPort("127.0.0.1", 1));
    ReferenceCountUtil.release(handler.engine());
    assertThat(contexts.held()).isEqualTo(2);
    TlsContexts.Draft renewed = draft(secrets());
    assertThat(other(renewed).isMade()).isTrue();
    assertThat(faults).isEmpty();
  }

  private ClientTlsContext other(TlsContexts.Draft draft) {
    ClientTls other =
        new ClientTls("own", new PeerValidation("roots", List.of(new StringMatch.Present())), "");
    return Objects.requireNonNull(draft.client(other, Cluster.Protocol.HTTP_1, faults::add));
  }

  @Test
  void contextInForceKeepsNothingOfTheConfigurationThatItWasMadeFor() {
    var configuration = new WeakReference<>(new ArrayList<String>());
    commitTelling(Objects.requireNonNull(configuration.get()));
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(
            () -> {
              System.gc();
              return configuration.refersTo(null);
            });
    assertThat(contexts.held()).isEqualTo(2);
  }

  private void commitTelling(List<String> faultsOfAnother) {
    TlsContexts.Draft draft =
        contexts.draft(secrets(), (name, message) -> faultsOfAnother.add(name));
    assertThat(draft.server(SERVER, faults::add)).isNotNull();
    other(draft);
    draft.commit();
  }

  @Test
  void brokenSecretIsToldOnce() {
    List<Secret> broken =
        List.of(new Secret.Certificate("own", "?", "?"), CA.roots("roots", "mesh.test"));
    TlsContexts.Draft draft = draft(broken);
    assertThat(draft.server(SERVER, faults::add)).isNull();
    assertThat(draft.client(CLIENT, Cluster.Protocol.HTTP_1, faults::add)).isNull();
    assertThat(faults).containsExactly("own: chainPem: holds no certificate");
  }
}
