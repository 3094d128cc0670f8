package io.fairlead.xds;

import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.MeshSettings;
import io.fairlead.traffic.Secret;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * Gets a workload's certificate from the control plane, first by the join token and then by the
 * certificate that it renews. Stateless and safe for use by many threads; calls block.
 *
 * <p>The private key is made here and never leaves the process.
 */
public final class CertificateClient {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final int MAX_REPLY = 1 << 20;
  private static final Pattern FIELD =
      Pattern.compile("\"(chain|roots|notAfter|detail)\"\\s*:\\s*\"((?:[^\"\\\\]|\\\\.)*)\"");

  private final HostPort control;
  private final String namespace;
  private final String service;

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
    return sign(context(WorkloadCertificate.certificates(rootsPem), null), "Bearer " + token);
  }

  /**
   * The next certificate.
   *
   * @throws IOException as {@link #join}
   */
  public WorkloadCertificate renew(WorkloadCertificate current)
      throws IOException, InterruptedException {
    return sign(context(current.roots(), keys(current)), "");
  }

  private WorkloadCertificate sign(SSLContext context, String authorization)
      throws IOException, InterruptedException {
    try (var http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .proxy(HttpClient.Builder.NO_PROXY)
            .sslContext(context)
            .connectTimeout(TIMEOUT)
            .build()) {
      var generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      var key = generator.generateKeyPair();
      var body =
          "{\"namespace\":\"%s\",\"service\":\"%s\",\"csr\":\"%s\"}"
              .formatted(namespace, service, SigningRequest.pem(key).replace("\n", "\\n"));
      var request =
          HttpRequest.newBuilder(URI.create("https://" + control + "/v1/ca/sign"))
              .timeout(TIMEOUT)
              .header("content-type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString(body));
      if (!authorization.isEmpty()) {
        request.header("authorization", authorization);
      }
      var reply = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
      if (reply.statusCode() != 200 || reply.body().length() > MAX_REPLY) {
        throw new IOException(
            "the control plane at "
                + control
                + " refused to sign a certificate of "
                + service
                + ": "
                + reply.statusCode()
                + " "
                + field(reply.body(), "detail"));
      }
      var keyPem = SigningRequest.pem("PRIVATE KEY", key.getPrivate().getEncoded());
      return new WorkloadCertificate(
          new Secret.Certificate(
              MeshSettings.WORKLOAD_CERTIFICATE, field(reply.body(), "chain"), keyPem),
          field(reply.body(), "roots"),
          Instant.parse(field(reply.body(), "notAfter")));
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException("every Java platform has P-256", impossible);
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

  private static SSLContext context(List<X509Certificate> roots, KeyManager @Nullable [] own)
      throws IOException {
    try {
      var trusted = KeyStore.getInstance(KeyStore.getDefaultType());
      trusted.load(null, null);
      for (int i = 0; i < roots.size(); i++) {
        trusted.setCertificateEntry("root" + i, roots.get(i));
      }
      var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted);
      var context = SSLContext.getInstance("TLS");
      context.init(own, trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException unusable) {
      throw new IOException("the certificates cannot be used: " + unusable.getMessage(), unusable);
    }
  }

  private static KeyManager[] keys(WorkloadCertificate own) throws IOException {
    try {
      var store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      var chain = own.chain().toArray(X509Certificate[]::new);
      store.setKeyEntry("own", own.key(), new char[0], chain);
      var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(store, new char[0]);
      return keys.getKeyManagers();
    } catch (GeneralSecurityException unusable) {
      throw new IOException("the certificate cannot be used: " + unusable.getMessage(), unusable);
    }
  }
}
