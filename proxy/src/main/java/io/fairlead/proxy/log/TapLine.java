package io.fairlead.proxy.log;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.fairlead.proxy.access.KeyRing;
import io.fairlead.proxy.exchange.Attempt;
import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.MatchedRoute;
import io.fairlead.proxy.exchange.ResponseFlags;
import io.fairlead.proxy.exchange.Target;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.log.LineWriter.Escape;
import io.fairlead.proxy.log.TapRequest.Secrets;
import java.net.InetSocketAddress;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Writes one request as a line of JSON. For one thread. */
final class TapLine {
  private static final String MASK = "(masked)";

  /** Names of what proves who calls, whoever made them up. */
  private static final Pattern SECRET =
      Pattern.compile("authorization|cookie|token|secret|passw|api-?_?key|credential|signature");

  /** Values that prove it whatever their name is: credentials with a scheme, signed tokens. */
  private static final Pattern SECRET_VALUE =
      Pattern.compile("(?i)^(bearer|basic|digest|negotiate) |^eyJ[a-z0-9_-]+\\.");

  private static final Pattern SECRET_PARAMETER =
      Pattern.compile("(?i)([?&][^=&]*(?:token|secret|passw|key|credential|sig)[^=&]*=)[^&]*");

  private final LineWriter out = new LineWriter();
  private final Secrets secrets;

  /** The header of the route's API keys, or empty. */
  private String keyName = "";

  TapLine(Secrets secrets) {
    this.secrets = secrets;
  }

  byte[] of(
      Exchange exchange, Head request, @Nullable Head answer, long startEpochNanos, int flags) {
    MatchedRoute route = exchange.routeOrNull();
    KeyRing keys = route == null ? null : route.keys();
    keyName = keys == null ? "" : new String(keys.header(), ISO_8859_1);
    out.begin();
    out.ascii("{\"time\":\"");
    new LogTime().iso(out, startEpochNanos);
    out.octet('"');
    text("listener", exchange.stack().listener());
    request(exchange, request);
    response(exchange, answer);
    text("flags", ResponseFlags.text(flags));
    text("details", ResponseFlags.details(exchange));
    number("durationMicros", (exchange.endNanos() - exchange.startNanos()) / 1_000);
    number("bytesReceived", exchange.received());
    number("bytesSent", exchange.sent());
    upstream(exchange);
    out.ascii("}\n");
    return out.line();
  }

  private void request(Exchange exchange, Head head) {
    out.ascii(",\"request\":{\"method\":");
    quoted(head.methodText());
    String target =
        new String(
            head.octets(), head.targetFrom(), head.targetTo() - head.targetFrom(), ISO_8859_1);
    text("target", secrets == Secrets.SHOWN ? target : masked(target));
    text("authority", head.authority());
    text(
        "protocol",
        switch (exchange.protocol()) {
          case HTTP_1 -> head.isHttp10() ? "HTTP/1.0" : "HTTP/1.1";
          case HTTP_2 -> "HTTP/2";
          case TCP -> "TCP";
        });
    text("client", exchange.peer().address());
    exchange.peer().identity().ifPresent(identity -> text("peer", identity));
    fields(head);
    out.octet('}');
  }

  static String masked(String target) {
    return SECRET_PARAMETER.matcher(target).replaceAll("$1" + MASK);
  }

  private void response(Exchange exchange, @Nullable Head answer) {
    out.ascii(",\"response\":{\"status\":");
    out.number(exchange.status());
    if (exchange.reason() != null) {
      text("reason", exchange.reason().text());
    }
    if (answer != null) {
      fields(answer);
    }
    out.octet('}');
  }

  private boolean isSecret(String name, String value) {
    return name.equals(keyName)
        || SECRET.matcher(name).find()
        || SECRET_VALUE.matcher(value).find();
  }

  /** As a list, since a name may stand several times. */
  private void fields(Head head) {
    out.ascii(",\"headers\":[");
    String comma = "";
    for (int i = 0; i < head.fields(); i++) {
      int from = head.nameFrom(i);
      String name =
          new String(head.octets(), from, head.nameTo(i) - from, ISO_8859_1)
              .toLowerCase(Locale.ROOT);
      out.ascii(comma);
      out.octet('[');
      quoted(name);
      out.octet(',');
      if (secrets == Secrets.MASKED && isSecret(name, head.value(i))) {
        quoted(MASK);
      } else {
        out.octet('"');
        out.value(head.octets(), head.valueFrom(i), head.valueTo(i), Escape.JSON);
        out.octet('"');
      }
      out.octet(']');
      comma = ",";
    }
    out.octet(']');
  }

  private void upstream(Exchange exchange) {
    MatchedRoute route = exchange.routeOrNull();
    if (route != null) {
      text("route", route.name());
    }
    Target target = exchange.targetOrNull();
    if (target != null) {
      text("service", target.upstream().name());
    }
    number("attempts", exchange.attempts());
    Attempt last = exchange.lastAttempt();
    if (last != null && !last.endpoint().isEmpty()) {
      text("endpoint", last.endpoint());
      InetSocketAddress at = last.endpointAddress();
      if (at != null) {
        text("address", at.getHostString() + ":" + at.getPort());
      }
      if (last.status() > 0) {
        number("upstreamMicros", (last.answeredNanos() - last.startNanos()) / 1_000);
      }
    }
  }

  private void text(String name, String value) {
    name(name);
    quoted(value);
  }

  private void number(String name, long value) {
    name(name);
    out.number(value);
  }

  private void name(String name) {
    out.ascii(",\"");
    out.ascii(name);
    out.ascii("\":");
  }

  private void quoted(String value) {
    byte[] octets = value.getBytes(UTF_8);
    out.octet('"');
    out.value(octets, 0, octets.length, Escape.JSON);
    out.octet('"');
  }
}
