package io.fairlead.proxy.tls;

import io.fairlead.traffic.ServerTls.Stapling;
import io.netty.handler.ssl.OpenSslCachingX509KeyManagerFactory;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.handler.ssl.util.SimpleKeyManagerFactory;
import java.net.Socket;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.ManagerFactoryParameters;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * Chooses among the certificates of a listener by the server that the client names (RFC 6066
 * section 3): that of the exact name, else of the name with a star for its first label, else those
 * of all. Among several the first that suits the algorithm is taken, and what its authority says of
 * it goes along as long as that holds. Immutable; safe for all threads.
 */
final class ServerKeys extends X509ExtendedKeyManager {
  private static final String ANY = "*";

  private final Map<String, List<String>> aliasesByHost;
  private final Map<String, KeyMaterial> byAlias;
  private final Stapling stapling;
  private final InstantSource clock;

  /**
   * @param aliasesByHost by host in lower case, {@code *.suffix} or {@code *}, the last of which
   *     must be there
   * @param byAlias what the aliases stand for
   * @param stapling whether a certificate is taken of which its authority's word holds no more
   */
  ServerKeys(
      Map<String, List<String>> aliasesByHost,
      Map<String, KeyMaterial> byAlias,
      Stapling stapling,
      InstantSource clock) {
    this.stapling = stapling;
    this.clock = clock;
    this.aliasesByHost = new HashMap<>(aliasesByHost);
    this.byAlias = Map.copyOf(byAlias);
    if (!aliasesByHost.containsKey(ANY)) {
      throw new IllegalArgumentException("aliasesByHost: must have " + ANY);
    }
  }

  /** For a context; keys are converted for its engine once. */
  KeyManagerFactory factory() {
    return new OpenSslCachingX509KeyManagerFactory(new Wrapped(this));
  }

  private static final class Wrapped extends SimpleKeyManagerFactory {
    private final KeyManager keys;

    Wrapped(KeyManager keys) {
      this.keys = keys;
    }

    @Override
    protected void engineInit(KeyStore store, char[] password) {}

    @Override
    protected void engineInit(ManagerFactoryParameters parameters) {}

    @Override
    protected KeyManager[] engineGetKeyManagers() {
      return new KeyManager[] {keys};
    }
  }

  /** The aliases for a server that was named; for all if none was. */
  List<String> aliases(String host) {
    String name = host.toLowerCase(Locale.ROOT);
    int end = name.endsWith(".") ? name.length() - 1 : name.length();
    List<String> found = aliasesByHost.get(name.substring(0, end));
    int dot = name.indexOf('.');
    if (found == null && dot > 0) {
      found = aliasesByHost.get("*" + name.substring(dot, end));
    }
    return found == null ? aliasesByHost.getOrDefault(ANY, List.of()) : found;
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String keyType, Principal @Nullable [] issuers, SSLEngine engine) {
    for (String alias : aliases(named(engine))) {
      KeyMaterial material = byAlias.get(alias);
      if (material != null
          && keyType.equals(material.key().getAlgorithm())
          && staple(material.staple(), engine)) {
        return alias;
      }
    }
    return null;
  }

  /** Hands it to the engine, which gives it to a client that asks; false if it forbids the use. */
  private boolean staple(@Nullable OcspStaple staple, SSLEngine engine) {
    if (staple == null) {
      return true;
    }
    if (!staple.isFresh(clock.instant())) {
      return stapling == Stapling.LENIENT;
    }
    if (engine instanceof ReferenceCountedOpenSslEngine boring) {
      boring.setOcspResponse(staple.der());
    }
    return true;
  }

  /** Whether any certificate has a word of its authority. */
  boolean staples() {
    return byAlias.values().stream().anyMatch(material -> material.staple() != null);
  }

  private static String named(SSLEngine engine) {
    if (engine.getHandshakeSession() instanceof ExtendedSSLSession session) {
      for (SNIServerName name : session.getRequestedServerNames()) {
        if (name instanceof SNIHostName host) {
          return host.getAsciiName();
        }
      }
    }
    return "";
  }

  @Override
  public X509Certificate @Nullable [] getCertificateChain(String alias) {
    KeyMaterial material = byAlias.get(alias);
    return material == null ? null : material.chain().toArray(X509Certificate[]::new);
  }

  @Override
  public @Nullable PrivateKey getPrivateKey(String alias) {
    KeyMaterial material = byAlias.get(alias);
    return material == null ? null : material.key();
  }

  @Override
  public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    return byAlias.keySet().toArray(String[]::new);
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, Socket socket) {
    throw new UnsupportedOperationException("sockets have engines here");
  }

  @Override
  public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return null;
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, Socket socket) {
    return null;
  }
}
