package io.fairlead.proxy.exchange;

import io.fairlead.proxy.http1.Fault;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * An answer that the proxy makes itself. Immutable.
 *
 * @param reason why, for {@code x-fairlead-reason}, metrics and span
 * @param status 200 to 599
 * @param fields further field lines without CR LF, {@code name: value}
 * @param contentType of the body
 * @param body text; sent as UTF-8
 */
public record LocalReply(
    Reason reason, int status, List<String> fields, String contentType, String body)
    implements Verdict {
  private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);

  public LocalReply {
    fields = List.copyOf(fields);
    if (status < 200 || status > 599) {
      throw new IllegalArgumentException("status: must be 200 to 599, was " + status);
    }
  }

  /** The usual status of the reason and a body that says it in words. */
  public static LocalReply of(Reason reason, String message) {
    return of(reason, reason.status(), message);
  }

  /** A body that says the reason in words; 503 asks to come again after a second. */
  public static LocalReply of(Reason reason, int status, String message) {
    List<String> fields = status == 503 ? List.of("retry-after: 1") : List.of();
    String body =
        "{\"reason\":\"" + reason.text() + "\",\"message\":\"" + escape(message) + "\"}\n";
    return new LocalReply(reason, status, fields, "application/json", body);
  }

  /** A message that breaks the rules of HTTP. */
  public static LocalReply of(Fault fault) {
    LocalReply reply = of(Reason.BAD_REQUEST, fault.status(), fault.text());
    return fault.status() == 405
        ? reply.with("allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
        : reply;
  }

  /** Asks the client to come again after this time, in whole seconds, at least one. */
  public LocalReply retryAfter(long nanos) {
    long seconds = Math.max(1, (nanos + SECOND_NANOS - 1) / SECOND_NANOS);
    List<String> kept = new ArrayList<>(fields);
    kept.removeIf(field -> field.startsWith("retry-after:"));
    kept.add("retry-after: " + seconds);
    return new LocalReply(reason, status, kept, contentType, body);
  }

  /** With one more field line. */
  public LocalReply with(String field) {
    List<String> more = new ArrayList<>(fields);
    more.add(field);
    return new LocalReply(reason, status, more, contentType, body);
  }

  private static String escape(String text) {
    StringBuilder escaped = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"', '\\' -> escaped.append('\\').append(c);
        default -> escaped.append(c < ' ' ? ' ' : c);
      }
    }
    return escaped.toString();
  }
}
