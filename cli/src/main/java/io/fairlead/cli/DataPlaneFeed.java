package io.fairlead.cli;

import io.fairlead.traffic.Secret;
import io.fairlead.traffic.Snapshot;
import io.fairlead.xds.KeptConfiguration;
import io.fairlead.xds.SnapshotListener;
import io.fairlead.xds.WorkloadCertificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Joins what the control plane sends with the workload's own certificate and puts both in force.
 * Safe for use by many threads.
 */
final class DataPlaneFeed implements SnapshotListener {
  private static final Logger LOG = LoggerFactory.getLogger(DataPlaneFeed.class);

  private final Function<Snapshot, Optional<String>> dataPlane;
  private final Optional<StateKeeper> keeper;
  private final CountDownLatch configured = new CountDownLatch(1);
  private @Nullable Snapshot snapshot;
  private Secret.@Nullable Certificate certificate;

  /**
   * A feed that has put nothing in force yet.
   *
   * @param dataPlane puts a snapshot in force or says why not
   * @param keeper keeps what is accepted, or empty
   */
  DataPlaneFeed(Function<Snapshot, Optional<String>> dataPlane, Optional<StateKeeper> keeper) {
    this.dataPlane = dataPlane;
    this.keeper = keeper;
  }

  @Override
  public synchronized Optional<String> apply(Snapshot received) {
    var refusal = put(received, certificate);
    if (refusal.isEmpty()) {
      snapshot = received;
    }
    return refusal;
  }

  /** Takes the next certificate of the workload. */
  synchronized void certificate(WorkloadCertificate issued) {
    keeper.ifPresent(present -> present.keep(issued));
    var next = issued.certificate();
    certificate = next;
    var current = snapshot;
    if (current != null) {
      put(current, next)
          .ifPresent(refusal -> LOG.error("the new certificate was refused: {}", refusal));
    }
  }

  private Optional<String> put(Snapshot base, Secret.@Nullable Certificate own) {
    if (own == null) {
      return Optional.of("the workload has no certificate yet");
    }
    var secrets = new ArrayList<Secret>(base.secrets());
    secrets.add(own);
    var refusal =
        dataPlane.apply(
            new Snapshot(
                base.listeners(), base.routeTables(), base.clusters(), base.endpoints(), secrets));
    if (refusal.isEmpty()) {
      configured.countDown();
    }
    return refusal;
  }

  @Override
  public void accepted(Supplier<KeptConfiguration> kept) {
    keeper.ifPresent(present -> present.keep(kept.get()));
  }

  /** Waits until the first configuration is in force; whether one is in time. */
  boolean awaitConfigured(Duration longest) throws InterruptedException {
    return configured.await(longest.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Whether what is accepted is kept. */
  boolean keeps() {
    return keeper.isPresent();
  }

  @Override
  public void connection(Connection state) {
    switch (state) {
      case Connection.Connected() -> LOG.info("connected to the control plane");
      case Connection.Lost(var reason) ->
          LOG.debug("no control plane, the last good configuration stays: {}", reason);
    }
  }
}
