package io.fairlead.control;

import io.fairlead.config.Fault;
import io.fairlead.config.Manifests;
import io.fairlead.config.Position;
import io.fairlead.control.ConfigStore.FileText;
import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchService;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the YAML files of a directory. Safe for use by many threads; one thread of its own waits
 * for changes.
 *
 * <p>The files are taken together: if one is wrong, all stay as they were last accepted, and the
 * faults are logged once and shown by {@link #faults()}.
 */
public final class ConfigDirectory implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ConfigDirectory.class);

  /** Editors write a file in several steps; a change counts once none has followed for so long. */
  private static final long QUIET_MILLIS = 20;

  private final Path directory;
  private final ConfigStore store;
  private final WatchService watcher;
  private final Thread thread;
  private List<Fault> faults = List.of();

  private ConfigDirectory(Path directory, ConfigStore store) throws IOException {
    this.directory = directory;
    this.store = store;
    this.watcher = directory.getFileSystem().newWatchService();
    directory.register(
        watcher,
        StandardWatchEventKinds.ENTRY_CREATE,
        StandardWatchEventKinds.ENTRY_MODIFY,
        StandardWatchEventKinds.ENTRY_DELETE);
    this.thread = Thread.ofVirtual().name("config-directory").unstarted(this::follow);
  }

  /** Loads the directory, which must exist, and follows it. */
  public static ConfigDirectory open(Path directory, ConfigStore store) throws IOException {
    var config = new ConfigDirectory(directory, store);
    config.load();
    config.thread.start();
    return config;
  }

  /** Why the files on disk are not in force; empty if they are. */
  public synchronized List<Fault> faults() {
    return faults;
  }

  /** Tries again what was refused, since services came that it may refer to. */
  public void retryRefused() {
    if (!faults().isEmpty()) {
      load();
    }
  }

  private synchronized void load() {
    List<Fault> found;
    try {
      found =
          switch (store.directory(files())) {
            case ConfigOutcome.Accepted accepted -> {
              LOG.info("configuration of {} in force as version {}", directory, accepted.version());
              accepted.warnings().forEach(warning -> LOG.warn("configuration: {}", warning));
              yield List.of();
            }
            case ConfigOutcome.Refused refused -> refused.faults();
          };
    } catch (IOException unreadable) {
      var at = new Position(directory.toString(), 1, 1);
      var rule = "cannot be read or stored: " + unreadable.getMessage();
      found = List.of(new Fault(at, "(directory)", "", rule, Optional.empty()));
    }
    if (!found.isEmpty() && !found.equals(faults)) {
      found.forEach(fault -> LOG.error("configuration refused: {}", fault));
      LOG.error("the last good configuration, version {}, stays in force", store.version());
    }
    faults = found;
  }

  private List<FileText> files() throws IOException {
    var texts = new ArrayList<FileText>();
    try (var paths = Files.list(directory)) {
      for (var path : paths.sorted().toList()) {
        var name = path.getFileName().toString();
        boolean yaml = name.endsWith(".yaml") || name.endsWith(".yml");
        if (yaml && !name.startsWith(".") && Files.isRegularFile(path)) {
          texts.add(new FileText(path.toString(), Files.readString(path), references(directory)));
        }
      }
    }
    return texts;
  }

  /** References are files beside the document. */
  static Manifests.ReferencedFiles references(Path directory) {
    return Manifests.ReferencedFiles.in(directory);
  }

  private void follow() {
    try {
      while (true) {
        var key = watcher.take();
        do {
          key.pollEvents();
          key.reset();
          key = watcher.poll(QUIET_MILLIS, TimeUnit.MILLISECONDS);
        } while (key != null);
        load();
      }
    } catch (ClosedWatchServiceException closed) {
      LOG.debug("no longer following {}", directory);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() throws IOException {
    watcher.close();
  }
}
