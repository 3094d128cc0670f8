package io.fairlead.xds;

import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.MeshSettings;
import io.fairlead.traffic.Secret;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Gets a workload's certificate from the control plane, first by the join token and then by the
 * certificate that it renews. Safe for use by many threads; calls block.
 *
 * <p>The private key is made here and never leaves the process. The first one is begun at once,
 * since a cold JVM takes long for it.
 */
public final class CertificateClient {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final String HTTP = "http/1.1";
  private static final Pattern FIELD =
      Pattern.compile("\"(chain|roots|notAfter|detail)\"\\s*:\\s*\"((?:[^\"\\\\]|\\\\.)*)\"");

  private final HostPort control;
  private final String namespace;
  private final String service;
  private final AtomicReference<@Nullable CompletableFuture<NewKey>> first =
      new AtomicReference<>(
          CompletableFuture.supplyAsync(NewKey::make, Thread::startVirtualThread));

  /**
   * A client for one identity.
   *
   * @param control address of the control plane's port with TLS
   */
  public CertificateClient(HostPort control, String namespace, String service) {
    this.control = control;
    this.namespace = namespace;
    this.service = service;
  }

  /**
   * The first certificate.
   *
   * @param rootsPem of the mesh, by which the control plane is recognised
   * @throws IOException if the control plane is not reached, is not the one of the roots, or
   *     refuses; the message says which
   */
  public WorkloadCertificate join(String rootsPem, String token)
      throws IOException, InterruptedException {
    var roots = WorkloadCertificate.certificates(rootsPem);
    return sign(MeshTls.context(roots, null, HTTP), "Bearer " + token);
  }

  /**
   * The next certificate.
   *
   * @throws IOException as {@link #join}
   */
  public WorkloadCertificate renew(WorkloadCertificate current)
      throws IOException, InterruptedException {
    return sign(MeshTls.of(current, HTTP), "");
  }

  private WorkloadCertificate sign(SslContext tls, String authorization)
      throws IOException, InterruptedException {
    var begun = first.getAndSet(null);
    var key = begun == null ? NewKey.make() : begun.join();
    var body =
        "{\"namespace\":\"%s\",\"service\":\"%s\",\"csr\":\"%s\"}"
            .formatted(namespace, service, key.request().replace("\n", "\\n"));
    var reply = HttpsExchange.post(control, tls, "/v1/ca/sign", authorization, body, TIMEOUT);
    if (reply.status() != 200) {
      throw new IOException(
          "the control plane at "
              + control
              + " refused to sign a certificate of "
              + service
              + ": "
              + reply.status()
              + " "
              + field(reply.body(), "detail"));
    }
    return new WorkloadCertificate(
        new Secret.Certificate(
            MeshSettings.WORKLOAD_CERTIFICATE, field(reply.body(), "chain"), key.pem()),
        field(reply.body(), "roots"),
        Instant.parse(field(reply.body(), "notAfter")));
  }

  /** A key in PEM, and the request to have it signed. */
  private record NewKey(String pem, String request) {
    static NewKey make() {
      try {
        var generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        var key = generator.generateKeyPair();
        var pem = SigningRequest.pem("PRIVATE KEY", key.getPrivate().getEncoded());
        return new NewKey(pem, SigningRequest.pem(key));
      } catch (GeneralSecurityException impossible) {
        throw new IllegalStateException("every Java platform has P-256", impossible);
      }
    }

    @Override
    public String toString() {
      return "NewKey";
    }
  }

  /** The reply has four string members and nothing else of interest. */
  private static String field(String json, String name) {
    var match = FIELD.matcher(json);
    while (match.find()) {
      if (match.group(1).equals(name)) {
        return match.group(2).replace("\\n", "\n").replace("\\\"", "\"").replace("\\r", "");
      }
    }
    return "";
  }
}
