package io.fairlead.cli;

import io.fairlead.xds.CertificateClient;
import io.fairlead.xds.WorkloadCertificate;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a workload's certificate fresh: joins once, then renews at half of what is left. One thread
 * of its own; {@link #current} may be called by any.
 *
 * <p>As long as the control plane is away it tries again and again, and the certificate in force
 * stays in force. One that was kept by a process before is renewed soon, but not while the proxy
 * starts; if it cannot renew itself, as with a control plane of other roots, the token can.
 */
final class MeshIdentity implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MeshIdentity.class);
  private static final Duration FIRST_RETRY = Duration.ofMillis(200);
  private static final Duration LAST_RETRY = Duration.ofSeconds(10);
  private static final Duration AFTER_START = Duration.ofSeconds(1);

  private final CertificateClient client;
  private final SidecarSettings.MeshAccess mesh;
  private final Clock clock;
  private final Consumer<WorkloadCertificate> listener;
  private final CountDownLatch joined = new CountDownLatch(1);
  private final Thread thread;
  private volatile @Nullable WorkloadCertificate current;

  MeshIdentity(
      CertificateClient client,
      SidecarSettings.MeshAccess mesh,
      Clock clock,
      Consumer<WorkloadCertificate> listener) {
    this.client = client;
    this.mesh = mesh;
    this.clock = clock;
    this.listener = listener;
    this.thread = Thread.ofVirtual().name("mesh-identity").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** Waits for the first certificate; whether there is one in time. */
  boolean awaitFirst(Duration longest) throws InterruptedException {
    return joined.await(longest.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Uses a certificate of before, unless there is a new one. */
  void restore(WorkloadCertificate kept) {
    if (take(null, kept)) {
      joined.countDown();
    }
  }

  /** Takes a certificate in place of the one before, unless another thread was first. */
  private synchronized boolean take(
      @Nullable WorkloadCertificate before, WorkloadCertificate next) {
    if (current != before && before == null) {
      return false;
    }
    current = next;
    listener.accept(next);
    return true;
  }

  WorkloadCertificate current() {
    var held = current;
    if (held == null) {
      throw new IllegalStateException("the workload has not joined the mesh yet");
    }
    return held;
  }

  private void run() {
    try {
      var kept = current;
      if (kept != null && !hasEnded(kept)) {
        Thread.sleep(AFTER_START);
      }
      while (true) {
        next();
        Thread.sleep(current().renewIn(clock.instant()));
      }
    } catch (InterruptedException closed) {
      Thread.currentThread().interrupt();
    }
  }

  private void next() throws InterruptedException {
    var wait = FIRST_RETRY;
    for (int attempt = 0; ; attempt++) {
      try {
        var before = current;
        var certificate =
            before == null || hasEnded(before) || attempt % 2 == 1 ? join() : client.renew(before);
        take(current, certificate);
        joined.countDown();
        return;
      } catch (IOException refused) {
        LOG.warn("no certificate, next attempt in {}: {}", wait, refused.toString());
        Thread.sleep(wait);
        wait = wait.multipliedBy(2).compareTo(LAST_RETRY) > 0 ? LAST_RETRY : wait.multipliedBy(2);
      }
    }
  }

  private WorkloadCertificate join() throws IOException, InterruptedException {
    var roots = Files.readString(mesh.roots());
    return client.join(roots, Files.readString(mesh.token()).strip());
  }

  /** Then it cannot renew itself. */
  private boolean hasEnded(WorkloadCertificate certificate) {
    return clock.instant().isAfter(certificate.notAfter());
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
