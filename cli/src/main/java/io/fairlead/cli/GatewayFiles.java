package io.fairlead.cli;

import io.fairlead.config.Analysis;
import io.fairlead.config.Fault;
import io.fairlead.config.Manifest;
import io.fairlead.config.Manifests;
import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchService;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files that a gateway is configured by alone: YAML and what it names, such as certificates. A
 * change is taken whole or, if anything is wrong, not at all. A thread of its own waits for
 * changes; {@link #close} ends it.
 */
final class GatewayFiles implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GatewayFiles.class);

  /** Files are written in several steps; a change counts once none has followed for so long. */
  private static final long QUIET_MILLIS = 20;

  private final List<String> names;
  private final WatchService watcher;
  private final Set<Path> watched = new HashSet<>();

  /** What was made of files that name no others, by their whole text. */
  private Map<ConfigFiles.Source, Manifests> unchanged = Map.of();

  /** What was read, and everything that is wrong with it. */
  record Loaded(List<Manifest> documents, List<Fault> faults, List<Fault> warnings) {}

  /** Files and folders as a user names them. */
  GatewayFiles(List<String> names) throws IOException {
    this.names = List.copyOf(names);
    watcher = FileSystems.getDefault().newWatchService();
  }

  /** Reads everything, and watches the folders in which it stands. */
  Loaded load() throws IOException {
    for (var name : names) {
      if (!name.equals("-")) {
        var path = Path.of(name).toAbsolutePath();
        var parent = path.getParent();
        watch(Files.isDirectory(path) || parent == null ? path : parent);
      }
    }
    var parsed = Manifests.join(parse(ConfigFiles.read(names)));
    var faults = new ArrayList<>(parsed.faults());
    if (faults.isEmpty()) {
      faults.addAll(Analysis.faults(parsed.documents(), List.of()));
    }
    return new Loaded(parsed.documents(), faults, parsed.warnings());
  }

  /** Parses what has changed; a file that names others is read anew, since these may have. */
  private List<Manifests> parse(List<ConfigFiles.Source> sources) throws IOException {
    var parts = new ArrayList<Manifests>();
    var kept = new HashMap<ConfigFiles.Source, Manifests>();
    for (var source : sources) {
      var folders = new HashSet<Path>();
      var known = unchanged.get(source);
      var part = known == null ? source.parse(folders::add) : known;
      parts.add(part);
      if (folders.isEmpty()) {
        kept.put(source, part);
      }
      for (var folder : folders) {
        watch(folder);
      }
    }
    unchanged = kept;
    return parts;
  }

  private void watch(Path folder) throws IOException {
    if (Files.isDirectory(folder) && watched.add(folder)) {
      folder.register(
          watcher,
          StandardWatchEventKinds.ENTRY_CREATE,
          StandardWatchEventKinds.ENTRY_MODIFY,
          StandardWatchEventKinds.ENTRY_DELETE);
    }
  }

  /** Hands over what stands in the files after each change, unless there is a fault in it. */
  void follow(Consumer<List<Manifest>> changed) {
    Thread.ofVirtual().name("gateway-files").start(() -> await(changed));
  }

  private void await(Consumer<List<Manifest>> changed) {
    try {
      while (true) {
        var key = watcher.take();
        do {
          key.pollEvents();
          key.reset();
          key = watcher.poll(QUIET_MILLIS, TimeUnit.MILLISECONDS);
        } while (key != null);
        reload(changed);
      }
    } catch (ClosedWatchServiceException closed) {
      LOG.debug("no longer following {}", names);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void reload(Consumer<List<Manifest>> changed) {
    try {
      var loaded = load();
      loaded.warnings().forEach(warning -> LOG.warn("configuration: {}", warning));
      if (loaded.faults().isEmpty()) {
        changed.accept(loaded.documents());
        return;
      }
      loaded.faults().forEach(fault -> LOG.error("configuration refused: {}", fault));
      LOG.error("the last good configuration stays in force");
    } catch (IOException | CommandException failed) {
      LOG.error("the last good configuration stays in force: {}", failed.getMessage());
    }
  }

  @Override
  public void close() throws IOException {
    watcher.close();
  }
}
