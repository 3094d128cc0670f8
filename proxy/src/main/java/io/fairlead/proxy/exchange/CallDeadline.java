package io.fairlead.proxy.exchange;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fairlead.proxy.http1.Field;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The moment by which a caller wants its answer, as a field of its request says, and where the time
 * that is left stands in the head that goes on. Immutable; belongs to its exchange.
 *
 * @param form how the time is written
 * @param atNanos the moment, by the loop's clock
 * @param place where the value begins among the additions to the head
 */
public record CallDeadline(Form form, long atNanos, int place) {
  /** Longer ones are cut to thirty days. */
  private static final long LONGEST_NANOS = TimeUnit.DAYS.toNanos(30);

  private static final int DIGITS = 8;
  private static final long MOST = 99_999_999;
  private static final int MILLIS_DIGITS = 10;

  /** Fields that carry the time a call has left. */
  public enum Form {
    /** One to eight digits and a unit (gRPC over HTTP/2, section Requests). */
    GRPC(Field.GRPC_TIMEOUT),
    /** Milliseconds, as Envoy tells upstreams. */
    ENVOY(Field.X_ENVOY_EXPECTED_RQ_TIMEOUT_MS);

    private final Field field;
    private final byte[] nameColon;

    Form(Field field) {
      this.field = field;
      nameColon = (field.text() + ": ").getBytes(US_ASCII);
    }

    public Field field() {
      return field;
    }

    /** The name of the field with colon and space. */
    public byte[] nameColon() {
      return nameColon;
    }

    /** Nanoseconds that a value means, or -1 if it means nothing. */
    public long parse(byte[] octets, int from, int to) {
      return switch (this) {
        case GRPC ->
            to - from < 2 ? -1 : number(octets, from, to - 1, DIGITS, unit(octets[to - 1]));
        case ENVOY -> number(octets, from, to, MILLIS_DIGITS, TimeUnit.MILLISECONDS);
      };
    }

    private static long number(byte[] octets, int from, int to, int most, @Nullable TimeUnit unit) {
      if (unit == null || from == to || to - from > most) {
        return -1;
      }
      long number = 0;
      for (int i = from; i < to; i++) {
        int digit = octets[i] - '0';
        if (digit < 0 || digit > 9) {
          return -1;
        }
        number = number * 10 + digit;
      }
      return Math.min(unit.toNanos(number), LONGEST_NANOS);
    }

    private static @Nullable TimeUnit unit(byte letter) {
      return switch (letter) {
        case 'H' -> TimeUnit.HOURS;
        case 'M' -> TimeUnit.MINUTES;
        case 'S' -> TimeUnit.SECONDS;
        case 'm' -> TimeUnit.MILLISECONDS;
        case 'u' -> TimeUnit.MICROSECONDS;
        case 'n' -> TimeUnit.NANOSECONDS;
        default -> null;
      };
    }

    /**
     * The value for so much time, rounded down. Always of the same length, zeros in front, so that
     * a later one can take its place.
     */
    public byte[] value(long nanos) {
      long left = Math.max(0, nanos);
      return switch (this) {
        case ENVOY -> digits(TimeUnit.NANOSECONDS.toMillis(left), MILLIS_DIGITS);
        case GRPC -> {
          byte[] value = digits(0, DIGITS + 1);
          TimeUnit unit =
              left <= MOST
                  ? TimeUnit.NANOSECONDS
                  : left / 1_000 <= MOST
                      ? TimeUnit.MICROSECONDS
                      : left / 1_000_000 <= MOST ? TimeUnit.MILLISECONDS : TimeUnit.SECONDS;
          put(value, unit.convert(left, TimeUnit.NANOSECONDS), DIGITS);
          value[DIGITS] = letter(unit);
          yield value;
        }
      };
    }

    private static byte letter(TimeUnit unit) {
      return switch (unit) {
        case NANOSECONDS -> 'n';
        case MICROSECONDS -> 'u';
        case MILLISECONDS -> 'm';
        case SECONDS -> 'S';
        case MINUTES -> 'M';
        case HOURS, DAYS -> 'H';
      };
    }

    private static byte[] digits(long number, int count) {
      byte[] value = new byte[count];
      put(value, number, count);
      return value;
    }

    private static void put(byte[] value, long number, int count) {
      long rest = number;
      for (int i = count - 1; i >= 0; i--) {
        value[i] = (byte) ('0' + rest % 10);
        rest /= 10;
      }
    }
  }

  /** The value that says how much is left. */
  byte[] remaining(long nowNanos) {
    return form.value(atNanos - nowNanos);
  }
}
