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
import java.util.HashMap;
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
  private static final int MOST_DOCUMENTS = 50_000;

  private final ConfigDatabase database;
  private final Supplier<? extends Collection<String>> services;
  private final List<Runnable> listeners = new ArrayList<>();
  private DocumentSet documents;
  private ReadFiles directory = ReadFiles.NONE;
  private long version;

  /** Text of a file, with what its references are read with. */
  public record FileText(String file, String text, Manifests.ReferencedFiles references) {}

  private ConfigStore(
      ConfigDatabase database,
      Map<Manifest.Id, ConfigDocument> documents,
      long version,
      Supplier<? extends Collection<String>> services) {
    this.database = database;
    this.documents = new DocumentSet(documents, DocumentSet.NONE);
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
    return documents.sorted();
  }

  /** The manifests in force. */
  public List<Manifest> manifests() {
    DocumentSet present;
    synchronized (this) {
      present = documents;
    }
    return present.manifests();
  }

  /** One document. */
  public synchronized Optional<ConfigDocument> document(Manifest.Id id) {
    return Optional.ofNullable(documents.byId().get(id));
  }

  /** Counts the changes that were accepted. */
  public synchronized long version() {
    return version;
  }

  /** Adds or replaces documents by the API. */
  public ConfigOutcome apply(FileText text) throws IOException {
    return change(ReadFiles.NONE.next(List.of(text), Origin.API), Origin.API, Mode.APPLY);
  }

  /** What {@link #apply} would say; changes nothing. */
  public ConfigOutcome validate(FileText text) throws IOException {
    return change(ReadFiles.NONE.next(List.of(text), Origin.API), Origin.API, Mode.VALIDATE);
  }

  /** Makes the files the whole content of the watched directory. */
  public ConfigOutcome directory(List<FileText> files) throws IOException {
    ReadFiles before;
    synchronized (this) {
      before = directory;
    }
    var read = before.next(files, Origin.DIRECTORY);
    synchronized (this) {
      directory = read;
    }
    return change(read, Origin.DIRECTORY, Mode.APPLY);
  }

  /** Removes documents; refused if others refer to them or a file holds them. */
  public ConfigOutcome delete(List<Manifest.Id> ids) throws IOException {
    synchronized (this) {
      var left = new HashMap<>(documents.byId());
      var faults = new ArrayList<Fault>();
      for (var id : ids) {
        var document = left.remove(id);
        if (document == null) {
          faults.add(fault("(request)", id, "is not in force"));
        } else if (document.origin() == Origin.DIRECTORY) {
          faults.add(fault(document.file(), id, "is held by a file; remove it there"));
        }
      }
      var next = new DocumentSet(left, documents);
      if (faults.isEmpty()) {
        faults.addAll(Analysis.faults(next.manifests(), services.get()));
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

  private ConfigOutcome change(ReadFiles read, Origin origin, Mode mode) throws IOException {
    var joined = read.joined();
    var faults = new ArrayList<>(joined.faults());
    List<Change> changes;
    synchronized (this) {
      var next = new HashMap<Manifest.Id, ConfigDocument>();
      documents
          .byId()
          .forEach(
              (id, document) -> {
                if (origin == Origin.API || document.origin() == Origin.API) {
                  next.put(id, document);
                }
              });
      for (var document : read.documents()) {
        var id = document.id();
        var before = documents.byId().get(id);
        // What is made of the one in force is kept with it.
        boolean same = before != null && before.isSame(document);
        var other = next.put(id, same ? before : document);
        if (other != null && other.origin() != origin) {
          faults.add(fault(document.file(), id, "is held by " + other.file()));
        }
      }
      if (next.size() > MOST_DOCUMENTS) {
        var rule = "must have at most " + MOST_DOCUMENTS + " documents, has " + next.size();
        var at = new Position("(configuration)", 1, 1);
        faults.add(new Fault(at, "(configuration)", "", rule, Optional.empty()));
      }
      var wanted = new DocumentSet(next, documents);
      // What could not be read is missing, and would only cause faults that say so.
      if (joined.faults().isEmpty()) {
        faults.addAll(analysed(wanted.manifests()));
      }
      if (!faults.isEmpty()) {
        return new ConfigOutcome.Refused(faults);
      }
      changes = differences(wanted, origin == Origin.API ? read.documents() : List.of());
      boolean same = changes.stream().allMatch(c -> c.kind() == Change.Kind.UNCHANGED);
      if (mode == Mode.VALIDATE || same) {
        return new ConfigOutcome.Accepted(version, changes, joined.warnings());
      }
      commit(wanted);
    }
    tell();
    return new ConfigOutcome.Accepted(version(), changes, joined.warnings());
  }

  private List<Fault> analysed(List<Manifest> next) {
    var found = Analysis.faults(next, services.get());
    return found.isEmpty() ? found : Analysis.faults(next, knownServices());
  }

  /** What was accepted once stays acceptable when a service goes away for a while. */
  private Set<String> knownServices() {
    var known = new HashSet<String>(services.get());
    for (var document : documents.sorted()) {
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

  /**
   * By identity.
   *
   * @param named those of the others that are listed too, as what they are: unchanged
   */
  private List<Change> differences(DocumentSet next, List<ConfigDocument> named) {
    var changes = new TreeMap<Manifest.Id, Change.Kind>();
    named.forEach(document -> changes.put(document.id(), Change.Kind.UNCHANGED));
    for (var document : next.notIn(documents)) {
      var known = documents.byId().containsKey(document.id());
      changes.put(document.id(), known ? Change.Kind.CONFIGURED : Change.Kind.CREATED);
    }
    documents.absentIn(next).forEach(id -> changes.put(id, Change.Kind.DELETED));
    return changes.entrySet().stream()
        .map(change -> new Change(change.getKey(), change.getValue()))
        .toList();
  }

  private void commit(DocumentSet next) throws IOException {
    database.save(version + 1, next.notIn(documents), documents.absentIn(next));
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

  private static Fault fault(String file, Manifest.Id id, String rule) {
    var at = new Position(file, 1, 1);
    return new Fault(at, "metadata.name", id.toString(), rule, Optional.empty());
  }

  @Override
  public synchronized void close() throws IOException {
    database.close();
  }
}
