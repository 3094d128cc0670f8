package io.fairlead.control;

import io.fairlead.config.AccessLog;
import io.fairlead.config.Analysis;
import io.fairlead.config.BackendTlsPolicy;
import io.fairlead.config.ConnectionPolicy;
import io.fairlead.config.ExternalAuthorization;
import io.fairlead.config.Fault;
import io.fairlead.config.HealthCheckPolicy;
import io.fairlead.config.Manifest;
import io.fairlead.config.Manifests;
import io.fairlead.config.PeerAuthentication;
import io.fairlead.config.Position;
import io.fairlead.config.RateLimitDomain;
import io.fairlead.config.RateLimitPolicy;
import io.fairlead.config.StreamRoute;
import io.fairlead.control.ConfigDocument.Origin;
import io.fairlead.control.ConfigOutcome.Change;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * The configuration in force. Safe for use by many threads.
 *
 * <p>A change is taken whole or refused whole with every fault; it is durable before it is in
 * force, and listeners hear of it after that.
 */
public final class ConfigStore implements AutoCloseable {
  private static final int MOST_DOCUMENTS = 10_000;

  private final ConfigDatabase database;
  private final Supplier<? extends Collection<String>> services;
  private final List<Runnable> listeners = new ArrayList<>();
  private Map<Manifest.Id, ConfigDocument> documents;
  private long version;

  /** Text of a file, with what its references are read with. */
  public record FileText(String file, String text, Manifests.ReferencedFiles references) {}

  private ConfigStore(
      ConfigDatabase database,
      Map<Manifest.Id, ConfigDocument> documents,
      long version,
      Supplier<? extends Collection<String>> services) {
    this.database = database;
    this.documents = documents;
    this.version = version;
    this.services = services;
  }

  /**
   * Opens the store and recovers what was in force.
   *
   * @param file of the database
   * @param services names that the catalog knows now
   * @throws IOException if the file cannot be opened or read
   */
  public static ConfigStore open(Path file, Supplier<? extends Collection<String>> services)
      throws IOException {
    var database = new ConfigDatabase(file);
    return new ConfigStore(database, database.load(), database.version(), services);
  }

  /** Calls {@code listener} after each change, on the thread that made it. */
  public synchronized void onChange(Runnable listener) {
    listeners.add(listener);
  }

  /** The documents in force, by kind, namespace and name. */
  public synchronized List<ConfigDocument> documents() {
    return List.copyOf(documents.values());
  }

  /** The manifests in force. */
  public List<Manifest> manifests() {
    return documents().stream().map(ConfigDocument::manifest).toList();
  }

  /** One document. */
  public synchronized Optional<ConfigDocument> document(Manifest.Id id) {
    return Optional.ofNullable(documents.get(id));
  }

  /** Counts the changes that were accepted. */
  public synchronized long version() {
    return version;
  }

  /** Adds or replaces documents by the API. */
  public ConfigOutcome apply(FileText text) throws IOException {
    return change(List.of(text), Origin.API, Mode.APPLY);
  }

  /** What {@link #apply} would say; changes nothing. */
  public ConfigOutcome validate(FileText text) throws IOException {
    return change(List.of(text), Origin.API, Mode.VALIDATE);
  }

  /** Makes the files the whole content of the watched directory. */
  public ConfigOutcome directory(List<FileText> files) throws IOException {
    return change(files, Origin.DIRECTORY, Mode.APPLY);
  }

  /** Removes documents; refused if others refer to them or a file holds them. */
  public ConfigOutcome delete(List<Manifest.Id> ids) throws IOException {
    synchronized (this) {
      var next = new TreeMap<>(documents);
      var faults = new ArrayList<Fault>();
      for (var id : ids) {
        var document = next.remove(id);
        if (document == null) {
          faults.add(fault("(request)", id, "is not in force"));
        } else if (document.origin() == Origin.DIRECTORY) {
          faults.add(fault(document.file(), id, "is held by a file; remove it there"));
        }
      }
      if (faults.isEmpty()) {
        faults.addAll(Analysis.faults(manifests(next), services.get()));
      }
      if (!faults.isEmpty()) {
        return new ConfigOutcome.Refused(faults);
      }
      commit(next);
    }
    tell();
    var changes = ids.stream().map(id -> new Change(id, Change.Kind.DELETED)).toList();
    return new ConfigOutcome.Accepted(version(), changes, List.of());
  }

  private enum Mode {
    APPLY,
    VALIDATE
  }

  private ConfigOutcome change(List<FileText> files, Origin origin, Mode mode) throws IOException {
    var read = files.stream().map(file -> read(file, origin)).toList();
    var joined = Manifests.join(read.stream().map(Read::manifests).toList());
    var faults = new ArrayList<>(joined.faults());
    List<Change> changes;
    synchronized (this) {
      var next = new TreeMap<Manifest.Id, ConfigDocument>();
      documents.forEach(
          (id, document) -> {
            if (origin == Origin.API || document.origin() == Origin.API) {
              next.put(id, document);
            }
          });
      for (var document : read.stream().flatMap(r -> r.documents().stream()).toList()) {
        var other = next.put(document.id(), document);
        if (other != null && other.origin() != origin) {
          faults.add(fault(document.file(), document.id(), "is held by " + other.file()));
        }
      }
      if (next.size() > MOST_DOCUMENTS) {
        var rule = "must have at most " + MOST_DOCUMENTS + " documents, has " + next.size();
        var at = new Position("(configuration)", 1, 1);
        faults.add(new Fault(at, "(configuration)", "", rule, Optional.empty()));
      }
      // What could not be read is missing, and would only cause faults that say so.
      if (joined.faults().isEmpty()) {
        faults.addAll(Analysis.faults(manifests(next), knownServices()));
      }
      if (!faults.isEmpty()) {
        return new ConfigOutcome.Refused(faults);
      }
      changes = differences(next);
      boolean same = changes.stream().allMatch(c -> c.kind() == Change.Kind.UNCHANGED);
      if (mode == Mode.VALIDATE || same) {
        return new ConfigOutcome.Accepted(version, changes, joined.warnings());
      }
      commit(next);
    }
    tell();
    return new ConfigOutcome.Accepted(version(), changes, joined.warnings());
  }

  /** What was accepted once stays acceptable when a service goes away for a while. */
  private Set<String> knownServices() {
    var known = new HashSet<String>(services.get());
    for (var document : documents.values()) {
      switch (document.manifest()) {
        case Manifest.ResiliencePolicy policy -> addServices(policy.targets(), known);
        case HealthCheckPolicy policy -> addServices(policy.targets(), known);
        case Manifest.DestinationRule rule -> addServices(List.of(rule.host()), known);
        case Manifest.AuthorizationPolicy policy -> addServices(policy.targets(), known);
        case Manifest.HttpRoute route -> {
          addServices(route.parents().stream().map(p -> p.ref()).toList(), known);
          route
              .rules()
              .forEach(
                  rule -> addServices(rule.backends().stream().map(b -> b.ref()).toList(), known));
        }
        case ConnectionPolicy policy ->
            addServices(policy.targets().stream().map(p -> p.ref()).toList(), known);
        case AccessLog log -> addServices(log.targets(), known);
        case PeerAuthentication policy -> addServices(policy.targets(), known);
        case StreamRoute route ->
            addServices(route.backends().stream().map(b -> b.ref()).toList(), known);
        case ExternalAuthorization policy -> {
          addServices(policy.targets(), known);
          addServices(List.of(policy.service()), known);
        }
        case RateLimitPolicy policy -> addServices(List.of(policy.service()), known);
        case Manifest.SecurityPolicy _,
            RateLimitDomain _,
            Manifest.RoutePolicy _,
            Manifest.ClientPolicy _,
            Manifest.RequestAuthentication _,
            Manifest.Service _,
            Manifest.ServiceEntry _,
            Manifest.Gateway _,
            Manifest.Secret _,
            Manifest.ConfigMap _,
            BackendTlsPolicy _ -> {}
      }
    }
    return known;
  }

  private static void addServices(List<Manifest.Ref> refs, Set<String> known) {
    refs.stream().filter(ref -> ref.kind().equals("Service")).forEach(ref -> known.add(ref.name()));
  }

  private record Read(Manifests manifests, List<ConfigDocument> documents) {}

  private static Read read(FileText file, Origin origin) {
    if (file.text().length() > Manifests.MAX_FILE_LENGTH) {
      return new Read(Manifests.parse(file.file(), file.text(), file.references()), List.of());
    }
    var parts = new ArrayList<Manifests>();
    var documents = new ArrayList<ConfigDocument>();
    for (var text : Manifests.split(file.text())) {
      var part = Manifests.parse(file.file(), text, file.references());
      parts.add(part);
      for (var manifest : part.documents()) {
        documents.add(new ConfigDocument(manifest, origin, file.file(), text));
      }
    }
    return new Read(Manifests.join(parts), documents);
  }

  private List<Change> differences(Map<Manifest.Id, ConfigDocument> next) {
    var changes = new ArrayList<Change>();
    next.forEach(
        (id, document) -> {
          var before = documents.get(id);
          if (before == null) {
            changes.add(new Change(id, Change.Kind.CREATED));
          } else if (!before.text().strip().equals(document.text().strip())
              || !before.manifest().equals(document.manifest())) {
            changes.add(new Change(id, Change.Kind.CONFIGURED));
          } else if (before != document) {
            changes.add(new Change(id, Change.Kind.UNCHANGED));
          }
        });
    documents.keySet().stream()
        .filter(id -> !next.containsKey(id))
        .forEach(id -> changes.add(new Change(id, Change.Kind.DELETED)));
    return changes;
  }

  private void commit(Map<Manifest.Id, ConfigDocument> next) throws IOException {
    database.save(version + 1, List.copyOf(next.values()));
    documents = next;
    version++;
  }

  private void tell() {
    List<Runnable> toTell;
    synchronized (this) {
      toTell = List.copyOf(listeners);
    }
    toTell.forEach(Runnable::run);
  }

  private static List<Manifest> manifests(Map<Manifest.Id, ConfigDocument> documents) {
    return documents.values().stream().map(ConfigDocument::manifest).toList();
  }

  private static Fault fault(String file, Manifest.Id id, String rule) {
    var at = new Position(file, 1, 1);
    return new Fault(at, "metadata.name", id.toString(), rule, Optional.empty());
  }

  @Override
  public synchronized void close() throws IOException {
    database.close();
  }
}
