package io.fairlead.proxy.log;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.fairlead.proxy.admin.AdminQuery;
import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.Target;
import io.fairlead.proxy.http1.Head;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Which requests somebody wants to see. Immutable.
 *
 * @param count that are shown at most
 * @param longest how long it is waited for them
 * @param path with which theirs begins; may be empty
 * @param header that they have
 * @param status of their answer: {@code 503}, or {@code 5xx}
 * @param service cluster that they go to
 * @param secrets whether values that prove who calls are shown
 */
record TapRequest(
    int count,
    Duration longest,
    String path,
    Optional<Header> header,
    Optional<String> status,
    Optional<String> service,
    Secrets secrets) {
  private static final int MOST = 1_000;
  private static final int LONGEST_SECONDS = 600;
  private static final Pattern STATUS = Pattern.compile("[1-5](xx|[0-9]{2})");
  private static final Pattern NAME = Pattern.compile("[a-z0-9!#$&'*+.^_`|~-]{1,256}");

  /** What is shown of values that prove who calls. */
  enum Secrets {
    MASKED,
    SHOWN
  }

  /**
   * A header.
   *
   * @param name in lower case
   * @param value that one of its lines must have
   */
  record Header(byte[] name, Optional<String> value) {}

  /**
   * Reads what stands behind the question mark.
   *
   * @throws IllegalArgumentException if something of it is wrong
   */
  static TapRequest of(AdminQuery query) {
    query.only("count", "seconds", "path", "header", "status", "service", "secrets");
    query
        .text("status")
        .filter(status -> !STATUS.matcher(status).matches())
        .ifPresent(
            status -> {
              throw new IllegalArgumentException("status: must be as 503 or 5xx, was " + status);
            });
    String secrets = query.text("secrets").orElse("masked");
    if (!secrets.equals("masked") && !secrets.equals("shown")) {
      throw new IllegalArgumentException("secrets: must be masked or shown, was " + secrets);
    }
    return new TapRequest(
        query.number("count", 1, MOST).orElse(1),
        Duration.ofSeconds(query.number("seconds", 1, LONGEST_SECONDS).orElse(30)),
        query.text("path").orElse(""),
        query.text("header").map(TapRequest::header),
        query.text("status"),
        query.text("service"),
        Secrets.valueOf(secrets.toUpperCase(Locale.ROOT)));
  }

  private static Header header(String text) {
    int colon = text.indexOf(':');
    String name = (colon < 0 ? text : text.substring(0, colon)).toLowerCase(Locale.ROOT).strip();
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("header: must be NAME or NAME:VALUE, was " + text);
    }
    return new Header(
        name.getBytes(ISO_8859_1),
        colon < 0 ? Optional.empty() : Optional.of(text.substring(colon + 1).strip()));
  }

  /** Whether a request with this head is wanted, as far as the head says it. */
  boolean wants(Head head) {
    return head.pathText().startsWith(path) && (header.isEmpty() || has(head, header.get()));
  }

  private static boolean has(Head head, Header wanted) {
    for (int i = head.find(wanted.name, 0); i >= 0; i = head.find(wanted.name, i + 1)) {
      if (wanted.value.isEmpty() || wanted.value.get().equals(head.value(i))) {
        return true;
      }
    }
    return false;
  }

  /** Whether a request that is over is wanted, as far as its end says it. */
  boolean wants(Exchange exchange) {
    Target target = exchange.targetOrNull();
    String cluster = target == null ? "" : target.upstream().name();
    return (service.isEmpty() || service.get().equals(cluster))
        && (status.isEmpty() || matches(status.get(), exchange.status()));
  }

  private static boolean matches(String wanted, int status) {
    return wanted.endsWith("xx")
        ? status / 100 == wanted.charAt(0) - '0'
        : status == Integer.parseInt(wanted);
  }
}
