package io.fairlead.registry;

import io.fairlead.discovery.CatalogListener;
import io.fairlead.discovery.CatalogSnapshot;
import io.fairlead.discovery.CatalogSource;
import io.fairlead.discovery.CatalogWatch;
import io.fairlead.discovery.InstanceKey;
import io.fairlead.discovery.RegistrationRequest;
import io.fairlead.discovery.ServiceView;
import io.fairlead.discovery.SourceState;
import io.fairlead.discovery.WatchRequest;
import io.fairlead.registry.PublishedCatalog.Cursor;
import io.fairlead.registry.PublishedCatalog.Next;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The registry: a catalog with its store and its expiry. {@link #http()} is its face on the wire;
 * in the same process it is itself a {@link CatalogSource}. Safe for use by many threads.
 */
public final class Registry implements CatalogSource, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Registry.class);
  private static final Duration FOR_EVER = Duration.ofDays(365);
  private static final Duration LAST_WRITES = Duration.ofSeconds(10);

  private final CatalogStore store;
  private final Catalog catalog;
  private final RegistryHttp http;
  private final ScheduledExecutorService writer;

  /**
   * Restores what is stored and begins to expire leases; a restored lease begins anew.
   *
   * @param store belongs to this registry from now on and is closed with it
   * @param nanoTime monotonic ticker, such as {@code System::nanoTime}
   * @throws StoreException if the store cannot be read
   */
  public Registry(RegistrySettings settings, CatalogStore store, LongSupplier nanoTime)
      throws StoreException {
    this.store = store;
    this.writer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("fairlead-catalog-writer").factory());
    try {
      this.catalog = new Catalog(settings.catalog(), store, nanoTime, writer);
    } catch (StoreException e) {
      writer.shutdownNow();
      throw e;
    }
    this.http = new RegistryHttp(settings, catalog);
    long scan = settings.expiryScan().toNanos();
    writer.scheduleWithFixedDelay(catalog::expire, scan, scan, TimeUnit.NANOSECONDS);
  }

  /** The native HTTP API, to be mounted on any server. */
  public RegistryHttp http() {
    return http;
  }

  /** Holds the instance from now on; saying the same again renews its lease. */
  public CompletionStage<WriteResult> register(RegistrationRequest request) {
    return catalog.register(request);
  }

  /** Renews a lease; false if the instance is not registered (any more). */
  public boolean heartbeat(InstanceKey key) {
    return catalog.heartbeat(key);
  }

  /** Forgets the instance; one that is not registered is no error. */
  public CompletionStage<WriteResult> deregister(InstanceKey key) {
    return catalog.deregister(key);
  }

  @Override
  public CatalogSnapshot snapshot() {
    return catalog.published().snapshot();
  }

  /** One service as of now; empty if it has no instance. */
  public Optional<ServiceView> service(String name) {
    return catalog.published().service(name);
  }

  /** Each watch has a virtual thread of its own, on which its listener is called. */
  @Override
  public CatalogWatch watch(WatchRequest request, CatalogListener listener) {
    var cursor = catalog.published().cursor(request);
    Thread.ofVirtual().name("fairlead-catalog-watch").start(() -> deliver(cursor, listener));
    return cursor::close;
  }

  /** Metrics in the text format of Prometheus. */
  public String prometheus() {
    return RegistryMetrics.text(catalog, http);
  }

  /** Ends the watches, writes what waits, and closes the store. */
  @Override
  public void close() {
    catalog.close();
    writer.shutdown();
    try {
      if (!writer.awaitTermination(LAST_WRITES.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.warn("the last writes did not end within {}; they were not acknowledged", LAST_WRITES);
        writer.shutdownNow();
      }
    } catch (InterruptedException e) {
      writer.shutdownNow();
      Thread.currentThread().interrupt();
    }
    store.close();
  }

  private static void deliver(Cursor cursor, CatalogListener listener) {
    try (cursor) {
      listener.onState(new SourceState.Live());
      while (true) {
        switch (cursor.next(FOR_EVER)) {
          case Next.Events(var events, long _) -> events.forEach(listener::onEvent);
          case Next.Idle(long _) -> LOG.debug("a watch has been idle for {}", FOR_EVER);
          case Next.Ended() -> {
            return;
          }
        }
      }
    } catch (RuntimeException e) {
      LOG.error("the listener of a watch failed, its watch ends", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
