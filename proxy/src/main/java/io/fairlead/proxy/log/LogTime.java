package io.fairlead.proxy.log;

import java.time.LocalDateTime;
import java.time.ZoneOffset;

/** Writes points of time in UTC. For one thread: it remembers the last second. */
final class LogTime {
  private static final long SECOND = 1_000_000_000;

  private long second = Long.MIN_VALUE;
  private LocalDateTime calendar = LocalDateTime.MIN;

  private void turn(long epochNanos) {
    long wanted = Math.floorDiv(epochNanos, SECOND);
    if (wanted != second) {
      second = wanted;
      calendar = LocalDateTime.ofEpochSecond(wanted, 0, ZoneOffset.UTC);
    }
  }

  /** ISO 8601 in milliseconds. */
  void iso(LineWriter out, long epochNanos) {
    turn(epochNanos);
    date(out);
    out.octet('T');
    time(out);
    out.octet('.');
    out.digits((int) (Math.floorMod(epochNanos, SECOND) / 1_000_000), 3);
    out.octet('Z');
  }

  private void date(LineWriter out) {
    out.digits(calendar.getYear(), 4);
    out.octet('-');
    out.digits(calendar.getMonthValue(), 2);
    out.octet('-');
    out.digits(calendar.getDayOfMonth(), 2);
  }

  private void time(LineWriter out) {
    out.digits(calendar.getHour(), 2);
    out.octet(':');
    out.digits(calendar.getMinute(), 2);
    out.octet(':');
    out.digits(calendar.getSecond(), 2);
  }

  /** By a format of strftime that {@link io.fairlead.config.LogTemplate} has accepted. */
  void formatted(LineWriter out, long epochNanos, String format) {
    turn(epochNanos);
    int nanos = (int) Math.floorMod(epochNanos, SECOND);
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c != '%') {
        out.octet(c < 0x80 ? c : '?');
        continue;
      }
      char kind = format.charAt(++i);
      switch (kind) {
        case 'Y' -> out.digits(calendar.getYear(), 4);
        case 'm' -> out.digits(calendar.getMonthValue(), 2);
        case 'd' -> out.digits(calendar.getDayOfMonth(), 2);
        case 'H' -> out.digits(calendar.getHour(), 2);
        case 'M' -> out.digits(calendar.getMinute(), 2);
        case 'S' -> out.digits(calendar.getSecond(), 2);
        case 's' -> out.number(second);
        case 'F' -> date(out);
        case 'T' -> time(out);
        case 'Z' -> out.ascii("UTC");
        case 'f' -> out.digits(nanos, 9);
        case '%' -> out.octet('%');
        default -> {
          int width = kind - '0';
          i++;
          int divisor = 1;
          for (int more = width; more < 9; more++) {
            divisor *= 10;
          }
          out.digits(nanos / divisor, width);
        }
      }
    }
  }
}
