package io.fairlead.proxy.access;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fairlead.proxy.http1.Field;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.HeadWriter;
import io.fairlead.proxy.match.OctetMatch;
import io.fairlead.traffic.RouteFilters.Cors;
import io.fairlead.traffic.RouteFilters.Cors.Credentials;
import io.fairlead.traffic.StringMatch;
import java.util.ArrayList;
import java.util.List;

/**
 * What pages of other origins may do on a route (WHATWG Fetch, section 3.3), compiled. Immutable.
 * An origin that is not allowed gets no answer of its own: the browser withholds it from the page.
 */
public final class CorsRules {
  private static final String ALLOW_ORIGIN = "access-control-allow-origin: ";
  private static final String CREDENTIALS = "access-control-allow-credentials: true";
  private static final List<byte[]> ANSWER_FIELDS =
      List.of(
          "access-control-allow-origin".getBytes(US_ASCII),
          "access-control-allow-credentials".getBytes(US_ASCII),
          "access-control-expose-headers".getBytes(US_ASCII));

  private final Cors cors;
  private final List<OctetMatch> origins;
  private final boolean open;

  public CorsRules(Cors cors) {
    this.cors = cors;
    origins = cors.allowOrigins().stream().map(OctetMatch::of).toList();
    open =
        cors.credentials() == Credentials.WITHHELD
            && cors.allowOrigins().stream().anyMatch(StringMatch.Present.class::isInstance);
  }

  /** Whether pages of this origin may call. */
  public boolean allows(String origin) {
    return origins.stream().anyMatch(match -> match.matches(origin));
  }

  /** Field lines of the answer to the question that a browser asks before it calls. */
  public List<String> preflight(Head head) {
    List<String> fields = new ArrayList<>();
    String origin = value(head, Field.ORIGIN);
    fields.add("vary: origin, access-control-request-method, access-control-request-headers");
    if (allows(origin)) {
      fields.add(ALLOW_ORIGIN + (open ? "*" : origin));
      list(
          fields,
          "access-control-allow-methods: ",
          cors.allowMethods(),
          head,
          Field.ACCESS_CONTROL_REQUEST_METHOD);
      list(
          fields,
          "access-control-allow-headers: ",
          cors.allowHeaders(),
          head,
          Field.ACCESS_CONTROL_REQUEST_HEADERS);
      if (cors.credentials() == Credentials.ALLOWED) {
        fields.add(CREDENTIALS);
      }
      if (!cors.maxAge().isZero()) {
        fields.add("access-control-max-age: " + cors.maxAge().toSeconds());
      }
    }
    return fields;
  }

  /** Where all are allowed, those that were asked for, which holds with credentials too. */
  private static void list(
      List<String> fields, String name, List<String> allowed, Head head, Field asked) {
    String values = allowed.contains("*") ? value(head, asked) : String.join(", ", allowed);
    if (!values.isEmpty()) {
      fields.add(name + values);
    }
  }

  private static String value(Head head, Field name) {
    int field = head.find(name, 0);
    return field < 0 ? "" : head.value(field);
  }

  /** Changes the answer to a call of a page of this origin; the upstream has no say in it. */
  public void answer(String origin, Head head, HeadWriter writer) {
    for (byte[] name : ANSWER_FIELDS) {
      head.dropAll(name);
    }
    if (!open) {
      add(writer, "vary: origin");
    }
    if (!allows(origin)) {
      return;
    }
    add(writer, ALLOW_ORIGIN + (open ? "*" : origin));
    if (cors.credentials() == Credentials.ALLOWED) {
      add(writer, CREDENTIALS);
    }
    if (!cors.exposeHeaders().isEmpty()) {
      add(writer, "access-control-expose-headers: " + String.join(", ", cors.exposeHeaders()));
    }
  }

  private static void add(HeadWriter writer, String line) {
    writer.add((line + "\r\n").getBytes(US_ASCII));
  }
}
