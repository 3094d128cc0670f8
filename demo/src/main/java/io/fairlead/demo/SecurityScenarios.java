package io.fairlead.demo;

import io.fairlead.demo.Scenario.Outcome;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.X509TrustManager;

/** Identity, and certificates that change while they are used. Stateless. */
final class SecurityScenarios {
  private static final Duration BOUND = Duration.ofSeconds(80);

  private SecurityScenarios() {}

  static List<Scenario> all() {
    return List.of(
        new Scenario(
            "identity",
            "user calls payment: 403 by identity; plain text to an inbound port: refused",
            SecurityScenarios::identity),
        new Scenario(
            "certificate-rotation",
            "every sidecar changes its certificate under load, no request fails",
            SecurityScenarios::rotation));
  }

  private static Outcome identity(Shop shop) throws IOException {
    var forbidden = shop.from("user-1", "POST", "http://payment/charge", "{\"order\":\"x\"}");
    var plain = plainText(shop.fleet().ports().inbound("payment-1"));
    boolean passed =
        forbidden.status() == 403 && forbidden.reason().equals("forbidden") && plain.isEmpty();
    return new Outcome(
        passed,
        "user got %d %s; plain text got %s"
            .formatted(
                forbidden.status(),
                forbidden.reason(),
                plain.isEmpty() ? "the connection closed" : "'" + plain + "'"),
        forbidden.traceId());
  }

  /** The first bytes of the answer to a request without TLS; empty if there was none. */
  private static String plainText(int port) throws IOException {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress("127.0.0.1", port), 2_000);
      socket.setSoTimeout(3_000);
      socket
          .getOutputStream()
          .write("GET / HTTP/1.1\r\nHost: payment\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      var bytes = socket.getInputStream().readNBytes(12);
      var text = new String(bytes, StandardCharsets.ISO_8859_1);
      return text.startsWith("HTTP/") ? text : "";
    } catch (java.net.SocketException reset) {
      return "";
    }
  }

  private static Outcome rotation(Shop shop) throws Exception {
    var before = serials(shop);
    try (var load = Load.start(shop::order, 20)) {
      Conditions.await(
          BOUND,
          "new certificates everywhere",
          () -> {
            var now = serials(shop);
            for (int i = 0; i < now.size(); i++) {
              if (now.get(i).equals(before.get(i))) {
                return false;
              }
            }
            return true;
          });
      Conditions.pass(Duration.ofSeconds(2));
      var report = load.stop();
      return new Outcome(
          report.failures().isEmpty(),
          "%d sidecars changed their certificates; %d requests, %d failed %s"
              .formatted(
                  before.size(),
                  report.calls().size(),
                  report.failures().size(),
                  report.failureText()),
          report.calls().getLast().reply().traceId());
    }
  }

  private static List<String> serials(Shop shop) {
    return FleetPorts.MEMBERS.stream()
        .map(member -> serial(shop.fleet().ports().inbound(member.instance())))
        .toList();
  }

  /** Serial number of the certificate that a port presents; it shows it before it asks for ours. */
  private static String serial(int port) {
    var seen = new SeenCertificate();
    try {
      var context = SSLContext.getInstance("TLS");
      context.init(null, new X509TrustManager[] {seen}, null);
      try (var socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port)) {
        socket.setSoTimeout(3_000);
        socket.startHandshake();
      }
      return seen.serial;
    } catch (SSLException refusedWithoutOurs) {
      return seen.serial;
    } catch (IOException | GeneralSecurityException unreachable) {
      return seen.serial.isEmpty() ? unreachable.toString() : seen.serial;
    }
  }

  /** Notes the certificate and believes everything: it only looks. */
  private static final class SeenCertificate implements X509TrustManager {
    private String serial = "";

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) {
      serial = chain[0].getSerialNumber().toString(16);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
