package io.fairlead.proxy.filter;

import io.fairlead.proxy.grpc.ProtoException;
import io.fairlead.proxy.grpc.ProtoReader;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What a rate limit service answers. Immutable.
 *
 * @param verdict on the whole
 * @param fields lines for the client without CR LF: those of the service, and {@code x-ratelimit-*}
 * @param added lines for the request without CR LF
 * @param resetNanos until the limit that was reached begins anew; 0 if nobody says
 * @param body for the client, or empty
 */
record LimitAnswer(
    Verdict verdict, List<String> fields, List<String> added, long resetNanos, String body) {
  private static final long OVER_LIMIT = 2;
  private static final long OK = 1;

  /** Whether the request may pass. */
  enum Verdict {
    OK,
    OVER_LIMIT,
    UNKNOWN
  }

  /** The status of one descriptor; the limit is 0 where there is none. */
  private record Status(long code, long limit, int unit, long remaining, long resetSeconds) {
    private static final int[] SECONDS = {0, 1, 60, 3_600, 86_400, 2_592_000, 31_536_000};

    int window() {
      return unit >= 0 && unit < SECONDS.length ? SECONDS[unit] : 0;
    }
  }

  LimitAnswer {
    fields = List.copyOf(fields);
    added = List.copyOf(added);
  }

  /**
   * RateLimitResponse: overall_code 1, statuses 2, response_headers_to_add 3,
   * request_headers_to_add 4, raw_body 5.
   */
  static LimitAnswer of(byte[] message) throws ProtoException {
    ProtoReader reader = new ProtoReader(message);
    long code = 0;
    List<Status> statuses = new ArrayList<>();
    List<String> fields = new ArrayList<>();
    List<String> added = new ArrayList<>();
    String body = "";
    while (reader.next()) {
      switch (reader.field()) {
        case 1 -> code = reader.number();
        case 2 -> statuses.add(status(reader.message()));
        case 3 -> header(reader.message(), fields, true);
        case 4 -> header(reader.message(), added, false);
        case 5 -> body = reader.text();
        default -> {}
      }
    }
    Status tightest = tightest(statuses);
    if (tightest != null) {
      fields.add("x-ratelimit-limit: " + tightest.limit + windows(statuses));
      fields.add("x-ratelimit-remaining: " + tightest.remaining);
      fields.add("x-ratelimit-reset: " + tightest.resetSeconds);
    }
    long reset = tightest == null ? 0 : TimeUnit.SECONDS.toNanos(tightest.resetSeconds);
    return new LimitAnswer(
        code == OVER_LIMIT ? Verdict.OVER_LIMIT : code == OK ? Verdict.OK : Verdict.UNKNOWN,
        fields,
        added,
        reset,
        body);
  }

  /** The limit that is reached or will be first. */
  private static @Nullable Status tightest(List<Status> statuses) {
    Status found = null;
    for (Status each : statuses) {
      boolean limited = each.limit > 0 || each.code == OVER_LIMIT && each.unit > 0;
      if (limited && (found == null || each.remaining < found.remaining)) {
        found = each;
      }
    }
    return found;
  }

  /** Every limit with its window, as draft 3 of the RateLimit fields writes quota policies. */
  private static String windows(List<Status> statuses) {
    StringBuilder text = new StringBuilder();
    for (Status each : statuses) {
      if (each.window() > 0) {
        text.append(", ").append(each.limit).append(";w=").append(each.window());
      }
    }
    return text.toString();
  }

  /**
   * DescriptorStatus: code 1, current_limit 2 (requests_per_unit 1, unit 2), limit_remaining 3,
   * duration_until_reset 4 (seconds 1).
   */
  private static Status status(ProtoReader m) throws ProtoException {
    long code = 0;
    long limit = 0;
    long unit = 0;
    long remaining = 0;
    long reset = 0;
    while (m.next()) {
      switch (m.field()) {
        case 1 -> code = m.number();
        case 2 -> {
          ProtoReader current = m.message();
          while (current.next()) {
            limit = current.field() == 1 ? current.number() : limit;
            unit = current.field() == 2 ? current.number() : unit;
          }
        }
        case 3 -> remaining = m.number();
        case 4 -> {
          ProtoReader duration = m.message();
          while (duration.next()) {
            reset = duration.field() == 1 ? duration.number() : reset;
          }
        }
        default -> {}
      }
    }
    return new Status(code, limit, (int) unit, remaining, Math.clamp(reset, 0, 31_536_000));
  }

  /** HeaderValue: key 1, value 2, raw_value 3; one that may not be set is left out. */
  private static void header(ProtoReader m, List<String> lines, boolean answer)
      throws ProtoException {
    String name = "";
    String value = "";
    while (m.next()) {
      switch (m.field()) {
        case 1 -> name = m.text();
        case 2, 3 -> value = m.text();
        default -> {}
      }
    }
    String line = answer ? FieldLines.forAnswer(name, value) : FieldLines.forRequest(name, value);
    if (line != null) {
      lines.add(line);
    }
  }
}
