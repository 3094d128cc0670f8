package io.fairlead.resilience;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The moment at which a call must be over. Immutable.
 *
 * <p>{@link #call} makes it the one of the calling thread, where every {@link Pipeline} with a
 * deadline and every {@link Hedge} below finds it; {@link #carry} takes it to another thread, and
 * the headers to another process, which get the time that is left, since clocks of machines differ.
 *
 * @param atNanos the moment, by the ticker that made it; {@link Ticker#system()} for those of a
 *     thread and of headers
 */
public record Deadline(long atNanos) {
  /** Header of gRPC that carries the time that is left (gRPC over HTTP/2, section Requests). */
  public static final String GRPC_TIMEOUT = "grpc-timeout";

  /** Header of Envoy that carries the milliseconds that are left. */
  public static final String ENVOY_EXPECTED_TIMEOUT = "x-envoy-expected-rq-timeout-ms";

  private static final ThreadLocal<@Nullable Deadline> CURRENT = new ThreadLocal<>();
  private static final long MOST_DIGITS = 99_999_999;

  /** The deadline this long from now. */
  public static Deadline after(Duration timeout, Ticker ticker) {
    Require.notNegative("timeout", timeout);
    return new Deadline(ticker.nanos() + timeout.toNanos());
  }

  /** The deadline this long from now, by the clock of this process. */
  public static Deadline after(Duration timeout) {
    return after(timeout, Ticker.system());
  }

  /** The deadline that the calling thread has to keep, if it has one. */
  public static Optional<Deadline> current() {
    return Optional.ofNullable(CURRENT.get());
  }

  static boolean hasPassedOnThread() {
    Deadline deadline = CURRENT.get();
    return deadline != null && deadline.passed(Ticker.system());
  }

  static @Nullable Deadline ofThread() {
    return CURRENT.get();
  }

  /** Makes it the deadline of this thread and returns the one before, to be put back. */
  static @Nullable Deadline enter(@Nullable Deadline deadline) {
    Deadline before = CURRENT.get();
    if (deadline == null) {
      CURRENT.remove();
    } else {
      CURRENT.set(deadline);
    }
    return before;
  }

  /**
   * Makes the call with this deadline, or with the present one of the thread if that comes first.
   * It only tells what is below; it interrupts nobody.
   */
  public <T> T call(Callable<T> callable) throws Exception {
    Deadline present = CURRENT.get();
    enter(present == null ? this : earlier(present));
    try {
      return callable.call();
    } finally {
      enter(present);
    }
  }

  /** A call that has the present deadline of this thread on whatever thread it is made. */
  public static <T> Callable<T> carry(Callable<T> callable) {
    Deadline present = CURRENT.get();
    return present == null ? callable : () -> present.call(callable);
  }

  /**
   * The deadline that a {@code grpc-timeout} field gives from now on.
   *
   * @throws IllegalArgumentException if it is not one to eight digits and one of the units H, M, S,
   *     m, u, n
   */
  public static Deadline ofGrpcTimeout(String field) {
    int digits = field.length() - 1;
    boolean numeric =
        digits >= 1
            && digits <= 8
            && field.chars().limit(digits).allMatch(c -> c >= '0' && c <= '9');
    TimeUnit unit = numeric ? unit(field.charAt(digits)) : null;
    if (unit == null) {
      throw new IllegalArgumentException(
          GRPC_TIMEOUT + ": must be 1 to 8 digits and one of H M S m u n, was " + field);
    }
    long nanos = unit.toNanos(Long.parseLong(field, 0, digits, 10));
    return new Deadline(System.nanoTime() + Math.min(nanos, Require.LONGEST.toNanos()));
  }

  private static @Nullable TimeUnit unit(char letter) {
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

  /** The {@code grpc-timeout} field for a call that is made now; a deadline that passed is 0n. */
  public String toGrpcTimeout() {
    long left = Math.max(0, remainingNanos(Ticker.system()));
    if (left <= MOST_DIGITS) {
      return left + "n";
    }
    long micros = TimeUnit.NANOSECONDS.toMicros(left);
    if (micros <= MOST_DIGITS) {
      return micros + "u";
    }
    // A deadline is at most thirty days away, which are fewer than a hundred million seconds.
    long millis = TimeUnit.NANOSECONDS.toMillis(left);
    return millis <= MOST_DIGITS ? millis + "m" : TimeUnit.NANOSECONDS.toSeconds(left) + "S";
  }

  /**
   * The deadline that an {@code x-envoy-expected-rq-timeout-ms} field gives from now on.
   *
   * @throws IllegalArgumentException if it is not 1 to 18 digits
   */
  public static Deadline ofEnvoyTimeout(String field) {
    if (!field.matches("[0-9]{1,18}")) {
      throw new IllegalArgumentException(
          ENVOY_EXPECTED_TIMEOUT + ": must be 1 to 18 digits, milliseconds, was " + field);
    }
    long nanos = TimeUnit.MILLISECONDS.toNanos(Long.parseLong(field));
    return new Deadline(System.nanoTime() + Math.min(nanos, Require.LONGEST.toNanos()));
  }

  /** The {@code x-envoy-expected-rq-timeout-ms} field for a call that is made now. */
  public String toEnvoyTimeout() {
    long left = Math.max(0, remainingNanos(Ticker.system()));
    return String.valueOf(TimeUnit.NANOSECONDS.toMillis(left));
  }

  /** Nanoseconds left; zero or below once it has passed. */
  public long remainingNanos(Ticker ticker) {
    return atNanos - ticker.nanos();
  }

  /** Whether it has passed. */
  public boolean passed(Ticker ticker) {
    return remainingNanos(ticker) <= 0;
  }

  /** The one of both that comes first. */
  public Deadline earlier(Deadline other) {
    return atNanos - other.atNanos <= 0 ? this : other;
  }
}
