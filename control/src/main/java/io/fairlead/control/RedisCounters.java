package io.fairlead.control;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counters in Redis, which several control planes can share: one script for all hits of a request
 * adds them and gives new counters their lifetime. It speaks RESP on a bounded number of
 * connections; while Redis is away it says so at once, but for one try each half second.
 *
 * @see <a href="https://redis.io/docs/latest/develop/reference/protocol-spec/">RESP</a>
 */
final class RedisCounters implements CounterStore {
  private static final String SCRIPT =
      "local counts = {} "
          + "for i, key in ipairs(KEYS) do "
          + "local amount = tonumber(ARGV[2 * i - 1]) "
          + "local count = redis.call('INCRBY', key, amount) "
          + "if count == amount then redis.call('EXPIRE', key, ARGV[2 * i]) end "
          + "counts[i] = count end return counts";

  private static final Logger LOG = LoggerFactory.getLogger(RedisCounters.class);
  private static final int CONNECTIONS = 16;

  /** Requests that wait for a connection or for Redis. */
  private static final int MOST_WAITING = 1_000;

  private static final long TRY_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final RedisSettings settings;
  private final ConcurrentLinkedDeque<Connection> idle = new ConcurrentLinkedDeque<>();
  private final Semaphore connections = new Semaphore(CONNECTIONS);
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicLong awayUntil = new AtomicLong(System.nanoTime());
  private volatile boolean closed;

  RedisCounters(RedisSettings settings) {
    this.settings = settings;
  }

  @Override
  public CompletableFuture<List<Long>> add(List<Hit> hits) {
    if (awayUntil.get() - System.nanoTime() > 0) {
      return CompletableFuture.failedFuture(new IOException(settings.place() + " is away"));
    }
    if (waiting.incrementAndGet() > MOST_WAITING) {
      waiting.decrementAndGet();
      return CompletableFuture.failedFuture(
          new IOException("more than " + MOST_WAITING + " requests wait for Redis"));
    }
    CompletableFuture<List<Long>> told = new CompletableFuture<>();
    Thread.startVirtualThread(
        () -> {
          try {
            told.complete(addNow(hits));
          } catch (IOException failed) {
            told.completeExceptionally(failed);
          } catch (InterruptedException interrupted) {
            told.completeExceptionally(new IOException("interrupted", interrupted));
          } finally {
            waiting.decrementAndGet();
          }
        });
    return told;
  }

  private List<Long> addNow(List<Hit> hits) throws IOException, InterruptedException {
    if (!connections.tryAcquire(settings.timeout().toMillis(), TimeUnit.MILLISECONDS)) {
      throw new IOException("no connection to " + settings.place() + " became free in time");
    }
    try {
      List<String> command = command(hits);
      Connection kept = idle.pollFirst();
      if (kept != null) {
        try {
          return use(kept, command, hits.size());
        } catch (EOFException | SocketException ended) {
          // The server was restarted, or ended what was idle: all that were kept are of no use. If
          // it has counted nevertheless, it counts twice, which no limit suffers from.
          LOG.debug("a connection to {} had ended", settings.place(), ended);
          closeIdle();
        }
      }
      return use(connect(), command, hits.size());
    } catch (IOException failed) {
      // What one connection suffers, the others probably do too.
      awayUntil.set(System.nanoTime() + TRY_AGAIN_NANOS);
      closeIdle();
      throw failed;
    } finally {
      connections.release();
    }
  }

  private List<Long> use(Connection connection, List<String> command, int wanted)
      throws IOException {
    try {
      List<Long> counts = connection.counts(command, wanted);
      if (closed) {
        connection.close();
      } else {
        idle.addFirst(connection);
      }
      return counts;
    } catch (IOException failed) {
      connection.close();
      throw failed;
    }
  }

  private static List<String> command(List<Hit> hits) {
    List<String> command = new ArrayList<>();
    command.add("EVAL");
    command.add(SCRIPT);
    command.add(Integer.toString(hits.size()));
    hits.forEach(hit -> command.add(hit.key()));
    for (Hit hit : hits) {
      command.add(Long.toString(hit.amount()));
      command.add(Long.toString(hit.lifetimeSeconds()));
    }
    return command;
  }

  private Connection connect() throws IOException {
    Connection made = new Connection(settings);
    try {
      if (!settings.password().isEmpty()) {
        boolean named = !settings.user().isEmpty();
        made.ok(
            named
                ? List.of("AUTH", settings.user(), settings.password())
                : List.of("AUTH", settings.password()));
      }
      if (settings.database() > 0) {
        made.ok(List.of("SELECT", Integer.toString(settings.database())));
      }
      return made;
    } catch (IOException failed) {
      made.close();
      throw failed;
    }
  }

  /** One connection; for one thread at a time. */
  private static final class Connection {
    private static final int MAX_LINE = 4_096;

    private final Socket socket;
    private final InputStream in;

    Connection(RedisSettings settings) throws IOException {
      int millis = Math.toIntExact(settings.timeout().toMillis());
      Socket plain = new Socket();
      try {
        plain.connect(new InetSocketAddress(settings.host(), settings.port()), millis);
        plain.setSoTimeout(millis);
        plain.setTcpNoDelay(true);
        socket =
            settings.security() == RedisSettings.Security.TLS
                ? RedisTls.secure(plain, settings)
                : plain;
        in = new BufferedInputStream(socket.getInputStream());
      } catch (IOException failed) {
        plain.close();
        throw failed;
      }
    }

    void ok(List<String> command) throws IOException {
      send(command);
      String line = line();
      if (!line.equals("+OK")) {
        throw new IOException("Redis refused " + command.getFirst() + ": " + line);
      }
    }

    List<Long> counts(List<String> command, int wanted) throws IOException {
      send(command);
      String head = line();
      if (!head.equals("*" + wanted)) {
        throw new IOException("Redis did not count: " + head);
      }
      List<Long> counts = new ArrayList<>(wanted);
      for (int i = 0; i < wanted; i++) {
        String line = line();
        try {
          counts.add(Long.parseLong(line.startsWith(":") ? line.substring(1) : ""));
        } catch (NumberFormatException noNumber) {
          throw new IOException("Redis did not answer with a number: " + line, noNumber);
        }
      }
      return counts;
    }

    private void send(List<String> command) throws IOException {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      out.writeBytes(("*" + command.size() + "\r\n").getBytes(UTF_8));
      for (String part : command) {
        byte[] octets = part.getBytes(UTF_8);
        out.writeBytes(("$" + octets.length + "\r\n").getBytes(UTF_8));
        out.writeBytes(octets);
        out.writeBytes("\r\n".getBytes(UTF_8));
      }
      socket.getOutputStream().write(out.toByteArray());
      socket.getOutputStream().flush();
    }

    private String line() throws IOException {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      for (int octet = in.read(); octet != '\n'; octet = in.read()) {
        if (octet < 0) {
          throw new EOFException("Redis closed the connection");
        }
        if (line.size() >= MAX_LINE) {
          throw new IOException("Redis sent a line that is too long");
        }
        line.write(octet);
      }
      return line.toString(UTF_8).stripTrailing();
    }

    void close() {
      try {
        socket.close();
      } catch (IOException failed) {
        // It is of no use any more, whether it can be closed or not.
        LOG.debug("closing a connection to Redis failed", failed);
      }
    }
  }

  private void closeIdle() {
    for (@Nullable Connection each = idle.poll(); each != null; each = idle.poll()) {
      each.close();
    }
  }

  @Override
  public void close() {
    closed = true;
    closeIdle();
  }
}
