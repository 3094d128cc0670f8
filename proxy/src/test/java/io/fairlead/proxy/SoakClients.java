package io.fairlead.proxy;

import io.fairlead.traffic.HostPort;
import io.netty.handler.codec.http2.Http2Exception;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** Clients of many kinds, each in a thread, that ask until they are stopped. */
final class SoakClients implements AutoCloseable {
  private static final int REQUESTS_PER_CONNECTION = 400;
  private static final int STREAMS_AT_ONCE = 4;
  private static final int PIECE = 4_096;

  private final SoakLedger ledger;
  private final HostPort front;
  private final AtomicBoolean stopped = new AtomicBoolean();

  /** Held for reading while a request is under way. */
  private final ReadWriteLock gate = new ReentrantReadWriteLock(true);

  private final List<Thread> threads = new ArrayList<>();
  private final ConcurrentMap<String, Integer> failures = new ConcurrentHashMap<>();

  /** One request, or a few at once, on a connection that is kept from call to call. */
  private interface Client extends AutoCloseable {
    void ask() throws IOException, Http2Exception;

    @Override
    void close() throws IOException;
  }

  private interface Opener {
    Client open() throws IOException;
  }

  SoakClients(SoakLedger ledger, HostPort front) {
    this.ledger = ledger;
    this.front = front;
  }

  void start() {
    for (String service : List.of("a", "b")) {
      run(() -> new Reader(service));
      run(() -> new Reader(service));
      run(() -> new Writer(service));
      run(() -> new Streams(service));
    }
    for (int i = 0; i < 2; i++) {
      run(SlowReader::new);
      run(SlowWriter::new);
    }
    run(Quitter::new);
  }

  private void run(Opener opener) {
    threads.add(Thread.ofPlatform().start(() -> askUntilStopped(opener)));
  }

  private void askUntilStopped(Opener opener) {
    while (!stopped.get()) {
      try (Client client = opener.open()) {
        for (int i = 0; i < REQUESTS_PER_CONNECTION && !stopped.get(); i++) {
          gate.readLock().lock();
          try {
            client.ask();
          } finally {
            gate.readLock().unlock();
          }
        }
      } catch (IOException | Http2Exception | RuntimeException e) {
        failures.merge(e.toString(), 1, Integer::sum);
      }
    }
  }

  /** Runs the task while no request is under way. */
  void whileQuiet(Runnable task) {
    gate.writeLock().lock();
    try {
      task.run();
    } finally {
      gate.writeLock().unlock();
    }
  }

  /** What went wrong, and how often. */
  ConcurrentMap<String, Integer> failures() {
    return failures;
  }

  @Override
  public void close() throws InterruptedException {
    stopped.set(true);
    for (Thread thread : threads) {
      thread.join(TimeUnit.SECONDS.toMillis(30));
    }
  }

  private static void pause(int millis) {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
  }

  private int begin(boolean repeatable) throws IOException {
    int number = ledger.begin(repeatable);
    if (number < 0) {
      stopped.set(true);
      throw new IOException("no more requests");
    }
    return number;
  }

  private void judge(int number, String head, String body, String expected) throws IOException {
    if (head.startsWith("HTTP/1.1 200 ")) {
      ledger.answered(number, body.startsWith(expected), body.length());
    } else if (head.startsWith("HTTP/1.1 50")) {
      ledger.refused(number);
    } else {
      throw new IOException("answered with '" + head + "'");
    }
  }

  private abstract class Http1 implements Client {
    final RawSocket socket;

    Http1(RawSocket socket) {
      this.socket = socket;
    }

    /** The answer to what was sent. */
    final void answer(int number, String expected) throws IOException {
      String head = socket.readHead();
      judge(number, head, socket.readBody(head), expected);
      if (head.contains("connection: close")) {
        throw new IOException("closed after an answer");
      }
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private final class Reader extends Http1 {
    private final String service;

    Reader(String service) throws IOException {
      super(RawSocket.connect(front));
      this.service = service;
    }

    @Override
    public void ask() throws IOException {
      int number = begin(true);
      String path = "/" + service + "/" + number;
      socket.send("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
      answer(number, service + " " + path + " 0");
    }
  }

  private final class Writer extends Http1 {
    private final String service;

    Writer(String service) throws IOException {
      super(RawSocket.connect(front));
      this.service = service;
    }

    @Override
    public void ask() throws IOException {
      int number = begin(false);
      String path = "/" + service + "/" + number;
      String head = "POST " + path + " HTTP/1.1\r\nHost: h\r\n";
      socket.send(
          number % 2 == 0
              ? head + "Content-Length: 10\r\n\r\n0123456789"
              : head + "Transfer-Encoding: chunked\r\n\r\n4\r\n0123\r\n6\r\n456789\r\n0\r\n\r\n");
      answer(number, service + " " + path + " 10");
    }
  }

  private final class SlowReader extends Http1 {
    SlowReader() throws IOException {
      super(RawSocket.connectWithSmallBuffer(front));
    }

    @Override
    public void ask() throws IOException {
      int number = begin(true);
      String path = "/c/large/" + number;
      socket.send("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
      String head = socket.readHead();
      if (!head.startsWith("HTTP/1.1 200 ")) {
        judge(number, head, socket.readBody(head), "");
        return;
      }
      String first = socket.read(PIECE);
      int octets = first.length();
      while (octets < SoakUpstream.LARGE) {
        pause(3);
        int count = socket.read(Math.min(PIECE, SoakUpstream.LARGE - octets)).length();
        if (count == 0) {
          throw new IOException("cut after " + octets);
        }
        octets += count;
      }
      ledger.answered(number, first.startsWith("c " + path + " 0"), octets);
    }
  }

  private final class SlowWriter extends Http1 {
    SlowWriter() throws IOException {
      super(RawSocket.connect(front));
    }

    @Override
    public void ask() throws IOException {
      int number = begin(false);
      String path = "/c/" + number;
      socket.send("POST " + path + " HTTP/1.1\r\nHost: h\r\nContent-Length: 20000\r\n\r\n");
      for (int i = 0; i < 20; i++) {
        socket.send(".".repeat(1_000));
        pause(10);
      }
      answer(number, "c " + path + " 20000");
    }
  }

  /** Asks, and goes away before the answer. */
  private final class Quitter implements Client {
    @Override
    public void ask() throws IOException {
      pause(20);
      try (RawSocket socket = RawSocket.connect(front)) {
        int number = begin(true);
        socket.send("GET /c/large/" + number + " HTTP/1.1\r\nHost: h\r\n\r\n");
        ledger.cut(number);
        socket.reset();
      }
    }

    @Override
    public void close() {}
  }

  private final class Streams implements Client {
    private final String service;
    private final RawHttp2 connection;
    private int next = 1;

    Streams(String service) throws IOException {
      this.service = service;
      connection = RawHttp2.client(RawSocket.connect(front));
    }

    @Override
    public void ask() throws IOException, Http2Exception {
      int first = next;
      int[] numbers = new int[STREAMS_AT_ONCE];
      boolean[] good = new boolean[STREAMS_AT_ONCE];
      for (int i = 0; i < STREAMS_AT_ONCE; i++) {
        numbers[i] = begin(true);
        connection.get(next, "/" + service + "/" + numbers[i]);
        next += 2;
      }
      for (int open = STREAMS_AT_ONCE; open > 0; ) {
        String[] frame = connection.read().split(" ", 4);
        int at = frame.length < 3 ? -1 : (Integer.parseInt(frame[1]) - first) / 2;
        switch (frame[0]) {
          case "HEADERS" -> good[at] = frame[2].equals(":status=200");
          case "DATA" -> {
            String expected = service + " /" + service + "/" + numbers[at] + " 0";
            if (good[at]) {
              ledger.answered(numbers[at], frame[3].equals(expected), expected.length());
            } else {
              ledger.refused(numbers[at]);
            }
            open--;
          }
          case "RST_STREAM", "GOAWAY", "" -> throw new IOException(String.join(" ", frame));
          default -> at = -1;
        }
      }
    }

    @Override
    public void close() throws IOException {
      connection.close();
    }
  }
}
