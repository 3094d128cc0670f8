package io.fairlead.proxy.filter;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.Peer;
import io.fairlead.proxy.grpc.ProtoWriter;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.HeadWriter;
import io.fairlead.traffic.HostPort;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Writes envoy.service.auth.v3.CheckRequest: attributes 1. AttributeContext: source 1, destination
 * 2, request 4 (time 1, http 2), context_extensions 10. Peer: address 1, principal 4. HttpRequest:
 * id 1, method 2, headers 3, path 4, host 5, scheme 6, size 9, protocol 10, body 11, raw_body 12.
 * Stateless.
 */
final class CheckRequest {
  /** Says whether the body that the service is told is a part of the request's. */
  static final String PARTIAL = "x-envoy-auth-partial-body";

  private CheckRequest() {}

  /**
   * A request of these settings.
   *
   * @param wanted lower-case names of the headers that are told; empty means all
   * @param extensions field 10 as it is written
   */
  static byte[] of(
      Judge.Subject subject, HostPort listener, List<String> wanted, byte[] extensions) {
    Peer peer = subject.exchange().peer();
    Peer.Ends ends = peer.ends();
    String host = ends.destination().isEmpty() ? listener.host() : ends.destination();
    int port = ends.destinationPort() == 0 ? listener.port() : ends.destinationPort();
    return new ProtoWriter()
        .message(
            1,
            attributes -> {
              attributes.message(
                  1,
                  source -> {
                    source.message(1, a -> address(a, peer.address(), ends.sourcePort()));
                    source.text(4, peer.identity().orElse(""));
                  });
              attributes.message(2, to -> to.message(1, a -> address(a, host, port)));
              attributes.message(
                  4,
                  request -> {
                    request.message(1, CheckRequest::now);
                    request.message(2, http -> http(http, subject, wanted));
                  });
              attributes.append(extensions);
            })
        .toBytes();
  }

  /** Address: socket_address 1 (address 2, port_value 3). */
  private static void address(ProtoWriter out, String address, int port) {
    out.message(1, socket -> socket.text(2, address).number(3, port));
  }

  /** Timestamp: seconds 1, nanos 2. */
  private static void now(ProtoWriter out) {
    Instant now = Instant.now();
    out.number(1, now.getEpochSecond()).number(2, now.getNano());
  }

  private static void http(ProtoWriter out, Judge.Subject subject, List<String> wanted) {
    Head head = subject.head();
    Exchange exchange = subject.exchange();
    String path = head.pathText() + head.queryText();
    String scheme = exchange.peer().security() == Peer.Security.TLS ? "https" : "http";
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put(":method", head.methodText());
    headers.put(":path", path);
    headers.put(":authority", head.authority());
    headers.put(":scheme", scheme);
    headers(head, exchange.loop().writer(), headers);
    if (subject.body().length > 0) {
      headers.put(PARTIAL, String.valueOf(subject.cut()));
    }
    out.text(1, headers.getOrDefault("x-request-id", ""));
    out.text(2, head.methodText());
    headers.forEach(
        (name, value) -> {
          if (wanted.isEmpty() || wanted.contains(name) || name.equals(PARTIAL)) {
            out.entry(3, name, value);
          }
        });
    out.text(4, path).text(5, head.authority()).text(6, scheme);
    out.number(9, head.hasBody() ? head.contentLength() : 0);
    out.text(10, protocol(exchange, head));
    if (subject.body().length > 0) {
      String text = new String(subject.body(), UTF_8);
      boolean isText = java.util.Arrays.equals(text.getBytes(UTF_8), subject.body());
      out.bytes(isText ? 11 : 12, subject.body());
    }
  }

  private static String protocol(Exchange exchange, Head head) {
    if (exchange.passage().isHttp2()) {
      return "HTTP/2";
    }
    return head.isHttp10() ? "HTTP/1.0" : "HTTP/1.1";
  }

  /** All fields as they are about to go on; several lines of one name are joined. */
  private static void headers(Head head, HeadWriter writer, Map<String, String> headers) {
    for (int i = 0; i < head.fields(); i++) {
      if (!head.isDropped(i)) {
        int from = head.nameFrom(i);
        add(
            headers,
            new String(head.octets(), from, head.nameTo(i) - from, ISO_8859_1),
            head.value(i));
      }
    }
    String added = new String(writer.added(), 0, writer.addedLength(), ISO_8859_1);
    added
        .lines()
        .forEach(
            line -> {
              int colon = line.indexOf(':');
              if (colon > 0) {
                add(headers, line.substring(0, colon), line.substring(colon + 1).strip());
              }
            });
    headers.remove("host");
  }

  private static void add(Map<String, String> headers, String name, String value) {
    headers.merge(name.toLowerCase(Locale.ROOT), value, (one, other) -> one + "," + other);
  }
}
