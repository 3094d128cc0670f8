package io.fairlead.discovery;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.http.HttpClient;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Client of a Fairlead registry over its native HTTP API: self-registration, one-time questions,
 * and watches that resume. Safe for use by many threads. While the registry is away the last good
 * state is served, and everything that was asked for is established again when it is back.
 */
public final class RegistryClient implements CatalogSource, AutoCloseable {
  private static final Logger LOG = System.getLogger(RegistryClient.class.getName());

  private final RegistryClientSettings settings;
  private final HttpClient http;
  private final RegistryApi api;
  private final Semaphore registrationPermits;
  private final Semaphore watchPermits;
  private final Set<RegistrationLoop> registrations = ConcurrentHashMap.newKeySet();
  private final Set<WatchLoop> watches = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService watchdog;
  private final AtomicReference<CatalogSnapshot> mirror =
      new AtomicReference<>(CatalogSnapshot.empty());
  private final AtomicReference<SourceState> mirrorState =
      new AtomicReference<>(new SourceState.Away("not tried yet"));
  private @Nullable CatalogWatch mirrorWatch;
  private boolean closed;

  /** Does no I/O: that begins with the first registration, question or watch. */
  public RegistryClient(RegistryClientSettings settings) {
    this.settings = settings;
    this.http =
        PlainHttp.client(settings.registries())
            .connectTimeout(settings.connectTimeout())
            .executor(Executors.newVirtualThreadPerTaskExecutor())
            .build();
    this.api = new RegistryApi(settings, http);
    this.registrationPermits = new Semaphore(settings.maxRegistrations());
    this.watchPermits = new Semaphore(settings.maxWatches());
    this.watchdog =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("fairlead-watchdog").factory());
    long period = Math.max(settings.idleTimeout().toNanos() / 4, 1);
    watchdog.scheduleWithFixedDelay(
        () -> watches.forEach(WatchLoop::closeIfSilent), period, period, TimeUnit.NANOSECONDS);
  }

  /**
   * Registers in the background and keeps the lease until the handle is closed.
   *
   * @throws IllegalStateException beyond {@link RegistryClientSettings#maxRegistrations()}, or
   *     after this client was closed
   */
  public synchronized Registration register(RegistrationRequest request) {
    acquire(registrationPermits, "maxRegistrations", settings.maxRegistrations());
    var ended = new OnEnd<>(registrations, registrationPermits);
    var loop = new RegistrationLoop(api, settings, request, ended);
    ended.begin(loop);
    loop.start();
    return loop;
  }

  /**
   * Asks the registry for the whole catalog now.
   *
   * @throws RegistryException if the registry refuses
   * @throws IOException if it cannot be reached or understood
   */
  public CatalogSnapshot catalog() throws IOException, InterruptedException {
    return api.catalog();
  }

  /** As of the last event heard; the first call begins to listen. */
  @Override
  public CatalogSnapshot snapshot() {
    beginMirror();
    return mirror.get();
  }

  /** Whether {@link #snapshot()} follows the registry at this moment. */
  public SourceState state() {
    beginMirror();
    return mirrorState.get();
  }

  /**
   * Watches over a stream of its own.
   *
   * @throws IllegalStateException beyond {@link RegistryClientSettings#maxWatches()}, or after this
   *     client was closed
   */
  @Override
  public synchronized CatalogWatch watch(WatchRequest request, CatalogListener listener) {
    acquire(watchPermits, "maxWatches", settings.maxWatches());
    var ended = new OnEnd<>(watches, watchPermits);
    var loop = new WatchLoop(api, settings, request, listener, ended);
    ended.begin(loop);
    loop.start();
    return loop;
  }

  /** Deregisters what was registered here and ends every watch. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    watches.forEach(WatchLoop::close);
    try (var together = Executors.newVirtualThreadPerTaskExecutor()) {
      registrations.forEach(registration -> together.execute(registration::close));
    }
    watchdog.shutdownNow();
    http.shutdownNow();
    LOG.log(Level.DEBUG, "client of {0} closed", settings.registries());
  }

  private synchronized void beginMirror() {
    if (mirrorWatch == null && !closed) {
      mirrorWatch = watch(WatchRequest.everything(), new Mirror());
    }
  }

  private void acquire(Semaphore permits, String setting, int bound) {
    if (closed) {
      throw new IllegalStateException("this registry client is closed");
    }
    if (!permits.tryAcquire()) {
      throw new IllegalStateException(setting + ": all " + bound + " are in use");
    }
  }

  /** Folds the events of the client's own watch into the last good state. */
  private final class Mirror implements CatalogListener {
    @Override
    public void onEvent(CatalogEvent event) {
      mirror.updateAndGet(seen -> seen.apply(event));
    }

    @Override
    public void onState(SourceState state) {
      mirrorState.set(state);
    }
  }

  /** Keeps the set of what runs, and gives its permit back once. */
  private static final class OnEnd<T> implements Runnable {
    private final Set<T> running;
    private final Semaphore permits;
    private @Nullable T member;

    OnEnd(Set<T> running, Semaphore permits) {
      this.running = running;
      this.permits = permits;
    }

    void begin(T started) {
      member = started;
      running.add(started);
    }

    @Override
    public void run() {
      if (member != null) {
        running.remove(member);
      }
      permits.release();
    }
  }
}
