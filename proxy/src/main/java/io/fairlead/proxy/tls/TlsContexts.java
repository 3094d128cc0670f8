package io.fairlead.proxy.tls;

import io.fairlead.traffic.ClientTls;
import io.fairlead.traffic.Cluster.Protocol;
import io.fairlead.traffic.MeshSettings;
import io.fairlead.traffic.PeerValidation;
import io.fairlead.traffic.Secret;
import io.fairlead.traffic.ServerTls;
import io.fairlead.traffic.ServerTls.Stapling;
import io.fairlead.traffic.StringMatch;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * The TLS contexts in force. One whose secrets did not change stays the same object, so that its
 * connections and sessions stay of use; a changed secret makes another one.
 *
 * <p>Contexts are native memory. A loop may still be about to use one that was superseded a moment
 * ago, so it is given back only when nothing refers to it any more; that is looked at whenever a
 * configuration is made. For one thread at a time, as is {@link Draft}.
 *
 * <p>Of clients' contexts, of which there is one for each cluster, the native part is made with the
 * first connection. But one for each certificate and roots is made at once, so that a configuration
 * with material that the library refuses is refused as well, and so is one that takes the place of
 * one in use, which no loop should have to do.
 */
public final class TlsContexts implements AutoCloseable {
  private final ContextFactory factory;
  private final Duration handshakeTimeout;
  private final ReferenceQueue<Object> unused = new ReferenceQueue<>();
  private final Set<Native> natives = ConcurrentHashMap.newKeySet();
  private Map<Object, Object> inForce = Map.of();

  /** Of these the library has made a context in force. */
  private Set<Proof> proven = Set.of();

  private record Proof(Optional<Secret.Certificate> certificate, Secret.Validation roots) {}

  /** The native part of a context object. */
  private static final class Native extends PhantomReference<Object> {
    final SslContext context;

    Native(Object owner, SslContext context, ReferenceQueue<Object> queue) {
      super(owner, queue);
      this.context = context;
    }
  }

  private record ServerKey(
      Secret.Certificate certificate,
      List<NamedKey> named,
      Optional<Secret.Validation> roots,
      List<StringMatch> identities,
      Stapling stapling) {
    Stream<Secret.Certificate> certificates() {
      return Stream.concat(Stream.of(certificate), named.stream().map(NamedKey::certificate));
    }
  }

  /** What the platform trusts, whatever that is. */
  private static final Secret.Validation SYSTEM =
      new Secret.Validation(MeshSettings.SYSTEM_ROOTS, "", "");

  private record NamedKey(String host, Secret.Certificate certificate) {}

  private record ClientKey(
      Optional<Secret.Certificate> certificate,
      Secret.Validation roots,
      List<StringMatch> identities,
      String serverName,
      Protocol protocol) {
    /** The same whatever the certificate and the roots. */
    Peers peers() {
      return new Peers(identities, serverName, protocol);
    }
  }

  private record Peers(List<StringMatch> identities, String serverName, Protocol protocol) {}

  /**
   * @param provider asked when the first context is made
   * @param handshakeTimeout of connections that clients make
   */
  public TlsContexts(Supplier<SslProvider> provider, Duration handshakeTimeout) {
    factory = new ContextFactory(provider);
    this.handshakeTimeout = handshakeTimeout;
  }

  /** With BoringSSL where it is there, and the platform's own engine elsewhere. */
  public TlsContexts(Duration handshakeTimeout) {
    this(ContextFactory::fastest, handshakeTimeout);
  }

  /**
   * The contexts of a configuration that is being made.
   *
   * @param secrets all that it has
   * @param faults told the name of a secret that is needed and broken, and what is wrong with it
   */
  public Draft draft(List<Secret> secrets, BiConsumer<String, String> faults) {
    releaseUnused();
    return new Draft(secrets, faults);
  }

  private void releaseUnused() {
    for (var reference = unused.poll(); reference != null; reference = unused.poll()) {
      if (reference instanceof Native one) {
        release(one);
      }
    }
  }

  private void release(Native one) {
    if (natives.remove(one)) {
      ReferenceCountUtil.release(one.context);
    }
  }

  /**
   * Makes the native part of a client's context. Not a matter of the draft, all of which a context
   * that outlives many configurations would keep.
   */
  private ClientTlsContext.Maker maker(ClientKey key, @Nullable KeyMaterial own, Roots signers) {
    return owner -> {
      PeerNames names = new PeerNames(key.roots.trustDomain(), key.identities);
      SslContext context = factory.client(own, signers, names, key.serverName, key.protocol);
      natives.add(new Native(owner, context, unused));
      return context;
    };
  }

  /** Native contexts that are held. */
  int held() {
    return natives.size();
  }

  /** Gives everything back; no connection may be made any more. */
  @Override
  public void close() {
    inForce = Map.of();
    Set.copyOf(natives).forEach(this::release);
  }

  /** Collects what a configuration needs; has no effect until it is committed. */
  public final class Draft {
    private final Map<String, Secret> secrets = new HashMap<>();
    private final BiConsumer<String, String> faults;
    private final Map<Object, Object> wanted = new HashMap<>();
    private final Map<String, Optional<KeyMaterial>> material = new HashMap<>();
    private final Map<String, Optional<Roots>> roots = new HashMap<>();
    private final Set<Native> made = new HashSet<>();
    private final Set<Proof> proofs = new HashSet<>();
    private final Set<Peers> called = new HashSet<>();

    private Draft(List<Secret> secrets, BiConsumer<String, String> faults) {
      this.faults = faults;
      secrets.forEach(secret -> this.secrets.put(secret.name(), secret));
      inForce.forEach(
          (key, context) -> {
            if (key instanceof ClientKey client
                && context instanceof ClientTlsContext used
                && used.isMade()) {
              called.add(client.peers());
            }
          });
    }

    /**
     * The context of a listener, or null if there is none.
     *
     * @param missing told what the configuration lacks
     */
    public @Nullable ServerTlsContext server(ServerTls tls, Consumer<String> missing) {
      var certificate = find(tls.certificate(), Secret.Certificate.class, missing);
      var validation = tls.clients().map(PeerValidation::roots);
      var signers = validation.flatMap(name -> find(name, Secret.Validation.class, missing));
      List<NamedKey> named = new ArrayList<>();
      for (ServerTls.Named one : tls.named()) {
        find(one.certificate(), Secret.Certificate.class, missing)
            .ifPresent(secret -> named.add(new NamedKey(one.host(), secret)));
      }
      boolean all = certificate.isPresent() && named.size() == tls.named().size();
      if (!all || signers.isPresent() != validation.isPresent()) {
        return null;
      }
      var identities = tls.clients().map(PeerValidation::identities).orElse(List.of());
      var key =
          new ServerKey(certificate.get(), named, signers, identities, tls.staplingOrLenient());
      return find(key, ServerTlsContext.class, () -> makeServer(key));
    }

    /**
     * The context of a cluster, or null if there is none.
     *
     * @param protocol what is spoken on its connections
     * @param missing told what the configuration lacks
     */
    public @Nullable ClientTlsContext client(
        ClientTls tls, Protocol protocol, Consumer<String> missing) {
      Optional<Secret.Certificate> certificate = Optional.empty();
      if (!tls.certificate().isEmpty()) {
        certificate = find(tls.certificate(), Secret.Certificate.class, missing);
      }
      var signers =
          tls.server().roots().equals(MeshSettings.SYSTEM_ROOTS)
              ? Optional.of(SYSTEM)
              : find(tls.server().roots(), Secret.Validation.class, missing);
      if (signers.isEmpty() || certificate.isEmpty() && !tls.certificate().isEmpty()) {
        return null;
      }
      var key =
          new ClientKey(
              certificate, signers.get(), tls.server().identities(), tls.serverName(), protocol);
      var context = find(key, ClientTlsContext.class, () -> makeClient(key));
      if (context != null) {
        proofs.add(new Proof(certificate, signers.get()));
      }
      return context;
    }

    private <S extends Secret> Optional<S> find(
        String name, Class<S> kind, Consumer<String> missing) {
      Secret secret = secrets.get(name);
      if (secret == null) {
        missing.accept("tls: secret " + name + " does not exist");
      } else if (!kind.isInstance(secret)) {
        String wrong = kind == Secret.Certificate.class ? "roots, not a certificate" : "no roots";
        missing.accept("tls: secret " + name + " holds " + wrong);
      }
      return kind.isInstance(secret) ? Optional.of(kind.cast(secret)) : Optional.empty();
    }

    private <C> @Nullable C find(Object key, Class<C> kind, Supplier<@Nullable C> maker) {
      Object present = wanted.getOrDefault(key, inForce.get(key));
      C context = present == null ? maker.get() : kind.cast(present);
      if (context != null) {
        wanted.put(key, context);
      }
      return context;
    }

    /** Tells of certificates without the word of their authority where that is required. */
    private boolean isStapled(ServerKey key) {
      if (key.stapling != Stapling.MUST_STAPLE) {
        return true;
      }
      if (!factory.canStaple()) {
        faults.accept(key.certificate.name(), "ocspStaple: cannot be sent by the platform's TLS");
        return false;
      }
      var without = key.certificates().filter(c -> c.ocspStaple().isEmpty()).toList();
      without.forEach(c -> faults.accept(c.name(), "ocspStaple: is required by MUST_STAPLE"));
      return without.isEmpty();
    }

    private @Nullable ServerTlsContext makeServer(ServerKey key) {
      if (!isStapled(key)) {
        return null;
      }
      Optional<KeyMaterial> own = material(key.certificate);
      Optional<ServerKeys> named = own.flatMap(material -> named(key, material));
      Optional<Roots> signers = key.roots.flatMap(this::roots);
      if (own.isEmpty()
          || named.isEmpty() && !key.named.isEmpty()
          || signers.isPresent() != key.roots.isPresent()) {
        return null;
      }
      PeerNames names =
          key.roots.map(secret -> new PeerNames(secret.trustDomain(), key.identities)).orElse(null);
      try {
        SslContext context =
            named.isPresent()
                ? factory.server(named.get(), signers.orElse(null), names)
                : factory.server(own.get(), signers.orElse(null), names);
        X509Certificate leaf = own.get().chain().getFirst();
        Optional<String> uri = PeerNames.uris(leaf).stream().filter(PeerNames::isPlain).findFirst();
        return hold(new ServerTlsContext(context, names, uri, handshakeTimeout), context);
      } catch (java.io.IOException | GeneralSecurityException e) {
        faults.accept(key.certificate.name(), "cannot be used: " + e.getMessage());
        return null;
      }
    }

    /**
     * The choice of certificates; empty if one of them is broken, or if there is but one, of which
     * there is nothing to say.
     */
    private Optional<ServerKeys> named(ServerKey key, KeyMaterial own) {
      Map<String, List<String>> aliasesByHost = new HashMap<>();
      Map<String, KeyMaterial> byAlias = new HashMap<>();
      aliasesByHost.put("*", new ArrayList<>(List.of(key.certificate.name())));
      byAlias.put(key.certificate.name(), own);
      boolean whole = true;
      for (NamedKey named : key.named) {
        Optional<KeyMaterial> material = material(named.certificate);
        String alias = named.certificate.name();
        material.ifPresent(read -> byAlias.put(alias, read));
        aliasesByHost.computeIfAbsent(named.host, host -> new ArrayList<>()).add(alias);
        whole &= material.isPresent();
      }
      boolean choice = !key.named.isEmpty() || own.staple() != null;
      return whole && choice
          ? Optional.of(
              new ServerKeys(aliasesByHost, byAlias, key.stapling, InstantSource.system()))
          : Optional.empty();
    }

    private @Nullable ClientTlsContext makeClient(ClientKey key) {
      Optional<KeyMaterial> own = key.certificate.flatMap(this::material);
      Optional<Roots> signers = roots(key.roots);
      if (signers.isEmpty() || own.isPresent() != key.certificate.isPresent()) {
        return null;
      }
      ClientTlsContext made =
          new ClientTlsContext(maker(key, own.orElse(null), signers.get()), key.serverName);
      return isProven(key, made) ? made : null;
    }

    private boolean isProven(ClientKey key, ClientTlsContext context) {
      var proof = new Proof(key.certificate, key.roots);
      boolean known = proofs.contains(proof) || proven.contains(proof);
      if (known && !called.contains(key.peers())) {
        return true;
      }
      try {
        context.make();
        return true;
      } catch (SSLException e) {
        faults.accept(key.roots.name(), "cannot be used: " + e.getMessage());
        return false;
      }
    }

    private <C> C hold(C owner, SslContext context) {
      Native one = new Native(owner, context, unused);
      natives.add(one);
      made.add(one);
      return owner;
    }

    private Optional<KeyMaterial> material(Secret.Certificate secret) {
      return material.computeIfAbsent(
          secret.name(),
          name -> {
            try {
              return Optional.of(KeyMaterial.read(secret));
            } catch (SecretException e) {
              faults.accept(name, String.valueOf(e.getMessage()));
              return Optional.empty();
            }
          });
    }

    private Optional<Roots> roots(Secret.Validation secret) {
      return roots.computeIfAbsent(
          secret.name(),
          name -> {
            try {
              return Optional.of(Roots.read(secret));
            } catch (SecretException e) {
              faults.accept(name, String.valueOf(e.getMessage()));
              return Optional.empty();
            }
          });
    }

    /** Forgets what was made in vain. */
    public void discard() {
      wanted.clear();
      made.forEach(TlsContexts.this::release);
    }

    /** Puts the contexts in force that were asked for; others are forgotten. */
    public void commit() {
      inForce = Map.copyOf(wanted);
      proven = Set.copyOf(proofs);
    }
  }
}
