package io.fairlead.control;

import io.fairlead.config.AccessLog;
import io.fairlead.config.Analysis;
import io.fairlead.config.BackendTlsPolicy;
import io.fairlead.config.ConnectionPolicy;
import io.fairlead.config.ExternalAuthorization;
import io.fairlead.config.Fault;
import io.fairlead.config.HealthCheckPolicy;
import io.fairlead.config.Manifest;
import io.fairlead.config.Manifest.HttpRoute;
import io.fairlead.config.Manifests;
import io.fairlead.config.PeerAuthentication;
import io.fairlead.config.Position;
import io.fairlead.config.RateLimitDomain;
import io.fairlead.config.RateLimitPolicy;
import io.fairlead.config.RouteClaims;
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
import org.jspecify.annotations.Nullable;

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

  /** The files as they were read last, whether they were accepted or not. */
  private ReadFiles directory = ReadFiles.NONE;

  /** Those whose documents are in force; null until some were accepted. */
  private @Nullable ReadFiles accepted;

  /** Of the routes in force; null if nobody knows. */
  private @Nullable RouteClaims claims;

  private long version;

  /** Text of a file, with what its references are read with. */
  public record FileText(String file, String text, Manifests.ReferencedFiles references) {}

  private ConfigStore(
      ConfigDatabase database,
      Map<Manifest.Id, ConfigDocument> documents,
      long version,
      Supplier<? extends Collection<String>> services) {
    this.database = database;
    var all = new DocumentSet.Change(List.copyOf(documents.values()), List.of());
    this.documents = DocumentSet.NONE.with(all);
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
    return Optional.ofNullable(documents.get(id));
  }

  /** Counts the changes that were accepted. */
  public synchronized long version() {
    return version;
  }

  /** Adds or replaces documents by the API. */
  public ConfigOutcome apply(FileText text) throws IOException {
    return api(text, Mode.APPLY);
  }

  /** What {@link #apply} would say; changes nothing. */
  public ConfigOutcome validate(FileText text) throws IOException {
    return api(text, Mode.VALIDATE);
  }

  private enum Mode {
    APPLY,
    VALIDATE
  }

  private ConfigOutcome api(FileText text, Mode mode) throws IOException {
    var read = ReadFiles.NONE.next(List.of(text), Origin.API);
    ConfigOutcome outcome;
    synchronized (this) {
      outcome = change(wanted(read, Origin.API), mode);
    }
    return mode == Mode.APPLY ? told(outcome) : outcome;
  }

  /** Makes the files the whole content of the watched directory. */
  public ConfigOutcome directory(List<FileText> files) throws IOException {
    ReadFiles before;
    synchronized (this) {
      before = directory;
    }
    var read = before.next(files, Origin.DIRECTORY);
    ConfigOutcome outcome;
    synchronized (this) {
      directory = read;
      var routes = routesAlone(read);
      outcome =
          routes.isPresent()
              ? accept(routes.get(), List.of(), List.of())
              : change(wanted(read, Origin.DIRECTORY), Mode.APPLY);
      accepted = outcome instanceof ConfigOutcome.Accepted ? read : null;
    }
    return told(outcome);
  }

  /** Removes documents; refused if others refer to them or a file holds them. */
  public ConfigOutcome delete(List<Manifest.Id> ids) throws IOException {
    ConfigOutcome outcome;
    synchronized (this) {
      var faults = new ArrayList<Fault>();
      var gone = new HashSet<Manifest.Id>();
      for (var id : ids) {
        var document = documents.get(id);
        if (document == null || !gone.add(id)) {
          faults.add(fault("(request)", id, "is not in force"));
        } else if (document.origin() == Origin.DIRECTORY) {
          faults.add(fault(document.file(), id, "is held by a file; remove it there"));
        }
      }
      if (!faults.isEmpty()) {
        return new ConfigOutcome.Refused(faults);
      }
      var change = new DocumentSet.Change(List.of(), ids);
      var findings = Analysis.of(documents.with(change).manifests(), services.get());
      if (!findings.faults().isEmpty()) {
        return new ConfigOutcome.Refused(findings.faults());
      }
      commit(change);
      claims = findings.claims();
      var changes = ids.stream().map(id -> new Change(id, Change.Kind.DELETED)).toList();
      outcome = new ConfigOutcome.Accepted(version, changes, List.of());
    }
    return told(outcome);
  }

  /**
   * What a request or the files ask for.
   *
   * @param faults what is wrong with it already
   * @param named documents that are listed in the outcome whether they change or not
   */
  private record Wanted(
      DocumentSet.Change change, List<Fault> faults, List<ConfigDocument> named, Manifests read) {}

  private Wanted wanted(ReadFiles read, Origin origin) {
    var all = read.documents();
    var joined = read.joined();
    var faults = new ArrayList<>(joined.faults());
    var written = new ArrayList<ConfigDocument>();
    var names = new HashSet<Manifest.Id>();
    for (var document : all) {
      var id = document.id();
      names.add(id);
      var before = documents.get(id);
      // What is made of the one in force is kept with it.
      if (before == null || !before.isSame(document)) {
        written.add(document);
      }
      if (before != null && before.origin() != origin) {
        faults.add(fault(document.file(), id, "is held by " + before.file()));
      }
    }
    return switch (origin) {
      case API -> new Wanted(new DocumentSet.Change(written, List.of()), faults, all, joined);
      case DIRECTORY -> {
        var removed =
            documents.sorted().stream()
                .filter(document -> document.origin() == Origin.DIRECTORY)
                .map(ConfigDocument::id)
                .filter(id -> !names.contains(id))
                .toList();
        var change = new DocumentSet.Change(written, removed);
        yield new Wanted(change, faults, List.of(), joined);
      }
    };
  }

  /**
   * How the files differ from those in force, if in nothing but routes against which nothing can be
   * said; then they are not looked at one by one, for there are thousands.
   */
  private Optional<DocumentSet.Change> routesAlone(ReadFiles read) {
    if (accepted == null || claims == null || !read.isQuiet()) {
      return Optional.empty();
    }
    var difference = read.since(accepted);
    var going = new HashMap<Manifest.Id, ConfigDocument>();
    difference.removed().forEach(document -> going.put(document.id(), document));
    var removed = new ArrayList<HttpRoute>();
    var added = new ArrayList<HttpRoute>();
    var names = new HashSet<Manifest.Id>();
    for (var document : difference.added()) {
      boolean isFree = documents.get(document.id()) == null || going.containsKey(document.id());
      if (!isFree || !names.add(document.id())) {
        return Optional.empty();
      }
      if (!(document.manifest() instanceof HttpRoute route)) {
        return Optional.empty();
      }
      added.add(route);
    }
    for (var id : going.keySet()) {
      var known = documents.get(id);
      if (known == null || !(known.manifest() instanceof HttpRoute route)) {
        return Optional.empty();
      }
      removed.add(route);
    }
    if (documents.sorted().size() + added.size() - removed.size() > MOST_DOCUMENTS
        || !claims.replace(removed, added, services.get())) {
      return Optional.empty();
    }
    var gone = going.keySet().stream().filter(id -> !names.contains(id)).toList();
    return Optional.of(new DocumentSet.Change(difference.added(), gone));
  }

  private ConfigOutcome change(Wanted wanted, Mode mode) throws IOException {
    var next = documents.with(wanted.change);
    if (next.sorted().size() > MOST_DOCUMENTS) {
      var rule = "must have at most " + MOST_DOCUMENTS + " documents, has " + next.sorted().size();
      var at = new Position("(configuration)", 1, 1);
      wanted.faults.add(new Fault(at, "(configuration)", "", rule, Optional.empty()));
    }
    // What could not be read is missing, and would only cause faults that say so.
    if (!wanted.read.faults().isEmpty()) {
      return new ConfigOutcome.Refused(wanted.faults);
    }
    var findings = analysed(next.manifests());
    wanted.faults.addAll(findings.faults());
    if (!wanted.faults.isEmpty()) {
      return new ConfigOutcome.Refused(wanted.faults);
    }
    var warnings = wanted.read.warnings();
    if (mode == Mode.VALIDATE) {
      var changes = differences(wanted.change, wanted.named);
      return new ConfigOutcome.Accepted(version, changes, warnings);
    }
    var outcome = accept(wanted.change, wanted.named, warnings);
    claims = findings.claims();
    return outcome;
  }

  private Analysis.Findings analysed(List<Manifest> next) {
    var found = Analysis.of(next, services.get());
    return found.faults().isEmpty() ? found : Analysis.of(next, knownServices());
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
  private List<Change> differences(DocumentSet.Change change, List<ConfigDocument> named) {
    var changes = new TreeMap<Manifest.Id, Change.Kind>();
    named.forEach(document -> changes.put(document.id(), Change.Kind.UNCHANGED));
    for (var document : change.written()) {
      var known = documents.get(document.id()) != null;
      changes.put(document.id(), known ? Change.Kind.CONFIGURED : Change.Kind.CREATED);
    }
    change.removed().forEach(id -> changes.put(id, Change.Kind.DELETED));
    return changes.entrySet().stream()
        .map(one -> new Change(one.getKey(), one.getValue()))
        .toList();
  }

  private ConfigOutcome accept(
      DocumentSet.Change change, List<ConfigDocument> named, List<Fault> warnings)
      throws IOException {
    var changes = differences(change, named);
    commit(change);
    return new ConfigOutcome.Accepted(version, changes, warnings);
  }

  /** Makes it durable, and then puts it in force. */
  private void commit(DocumentSet.Change change) throws IOException {
    if (!change.isNone()) {
      var known = claims;
      // They may be of the next version already, and are of none if this fails.
      claims = null;
      database.save(version + 1, change.written(), change.removed());
      claims = known;
      documents = documents.with(change);
      version++;
    }
  }

  /** Tells the listeners of a change, without the lock. */
  private ConfigOutcome told(ConfigOutcome outcome) {
    boolean changed =
        outcome instanceof ConfigOutcome.Accepted accepted
            && accepted.changes().stream().anyMatch(c -> c.kind() != Change.Kind.UNCHANGED);
    if (changed) {
      tell();
    }
    return outcome;
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
