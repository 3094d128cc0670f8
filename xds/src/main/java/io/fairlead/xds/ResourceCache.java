package io.fairlead.xds;

import com.google.protobuf.ByteString;
import io.fairlead.traffic.Cluster;
import io.fairlead.traffic.Endpoints;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.MeshSettings;
import io.fairlead.traffic.PeerValidation;
import io.fairlead.traffic.Resource;
import io.fairlead.traffic.RouteTable;
import io.fairlead.traffic.Secret;
import io.fairlead.traffic.Snapshot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a client holds of each type, and what it must ask for next. Confined to one event loop.
 *
 * <p>Clusters and listeners come by themselves; endpoints, route tables and secrets are asked for
 * because one of those names them. The cache is complete once each of them was answered, be it with
 * "there is none": until then traffic stays on the state before, so that no route ever leads to a
 * cluster whose endpoints are still on their way.
 */
final class ResourceCache {
  /** Order in which subscriptions are made. */
  static final List<String> TYPES =
      List.of(
          TypeUrls.CLUSTER, TypeUrls.ENDPOINT, TypeUrls.SECRET, TypeUrls.LISTENER, TypeUrls.ROUTE);

  private final Map<String, TypeCache> caches = new HashMap<>();
  private final Set<String> ownSecrets;
  private boolean keepsBytes;

  /** State of one type; a resource is held with the version that the control plane gave it. */
  private static final class TypeCache {
    final NavigableMap<String, Held> held = new TreeMap<>();
    final Set<String> subscribed = new TreeSet<>();
    final Set<String> absent = new HashSet<>();
    boolean answered;
  }

  /** A resource; its octets are empty unless they are kept, which those of routes always are. */
  private record Held(Resource resource, String version, ByteString bytes) {}

  /** One resource of a response. */
  record Update(String name, String version, ByteString bytes) {}

  /** How the subscription of a type must change. */
  record Change(List<String> subscribe, List<String> unsubscribe) {
    boolean isEmpty() {
      return subscribe.isEmpty() && unsubscribe.isEmpty();
    }
  }

  /**
   * A new, empty cache.
   *
   * @param ownSecrets names of secrets that the workload has itself and never asks for
   */
  ResourceCache(Set<String> ownSecrets) {
    this.ownSecrets = Set.copyOf(ownSecrets);
    TYPES.forEach(type -> caches.put(type, new TypeCache()));
  }

  /**
   * Takes a response whole, or leaves everything as it was.
   *
   * @throws DecodeException with every fault, each with the resource's name
   */
  void apply(String type, List<Update> updates, List<String> removed) {
    var cache = cache(type);
    var decoded = new HashMap<String, Held>();
    var faults = new ArrayList<String>();
    var texts = new Texts(cache(TypeUrls.CLUSTER).held);
    for (var update : updates) {
      try {
        var before = cache.held.get(update.name());
        decoded.put(texts.of(update.name()), held(type, update, before, texts));
      } catch (DecodeException broken) {
        faults.add(update.name() + ": " + broken.getMessage());
      }
    }
    if (!faults.isEmpty()) {
      throw new DecodeException(String.join("; ", faults));
    }
    cache.held.putAll(decoded);
    cache.absent.removeAll(decoded.keySet());
    for (var name : removed) {
      cache.held.remove(name);
      cache.absent.add(name);
    }
    cache.answered = true;
  }

  private Held held(String type, Update update, @Nullable Held before, Texts texts) {
    var resource =
        before != null && before.resource instanceof RouteTable table
            ? Decoder.decode(update.bytes(), table, before.bytes, texts)
            : Decoder.decode(type, update.bytes(), texts);
    // A copy, since the octets of an update are part of a message, which would be kept whole.
    var bytes =
        keepsBytes || resource instanceof RouteTable
            ? ByteString.copyFrom(update.bytes().asReadOnlyByteBuffer())
            : ByteString.EMPTY;
    return new Held(resource, update.version(), bytes);
  }

  /** Keeps the octets of resources too, for {@link #kept}. */
  void keepBytes() {
    keepsBytes = true;
  }

  /** Everything, to be kept on disk. */
  KeptConfiguration kept(String audience) {
    var resources = new ArrayList<KeptConfiguration.Kept>();
    var keys = new ArrayList<KeptConfiguration.Kept>();
    var absent = new ArrayList<KeptConfiguration.Absent>();
    for (var type : TYPES) {
      var cache = cache(type);
      cache.held.forEach(
          (name, held) ->
              (KeptConfiguration.isKey(held.resource) ? keys : resources)
                  .add(new KeptConfiguration.Kept(type, name, held.version, held.bytes)));
      cache.absent.forEach(name -> absent.add(new KeptConfiguration.Absent(type, name)));
    }
    return new KeptConfiguration(audience, resources, absent, keys);
  }

  /**
   * Takes what was kept, as if the control plane had sent it.
   *
   * @throws DecodeException with every fault; then nothing is held
   */
  void restore(KeptConfiguration kept) {
    var updates = new HashMap<String, List<Update>>();
    var absent = new HashMap<String, List<String>>();
    Stream.concat(kept.resources().stream(), kept.keys().stream())
        .forEach(
            one ->
                updates
                    .computeIfAbsent(one.type(), type -> new ArrayList<>())
                    .add(new Update(one.name(), one.version(), one.message())));
    for (var one : kept.absent()) {
      absent.computeIfAbsent(one.type(), type -> new ArrayList<>()).add(one.name());
    }
    try {
      for (var type : TYPES) {
        apply(type, updates.getOrDefault(type, List.of()), absent.getOrDefault(type, List.of()));
      }
    } catch (DecodeException broken) {
      forget();
      throw broken;
    }
  }

  /** Holds nothing any more. */
  void forget() {
    TYPES.forEach(type -> caches.put(type, new TypeCache()));
  }

  /** Names that are needed and neither held nor known to be absent. */
  Set<String> missing() {
    var missing = new TreeSet<String>();
    for (var type : List.of(TypeUrls.ENDPOINT, TypeUrls.ROUTE, TypeUrls.SECRET)) {
      var cache = cache(type);
      for (var name : needed(type)) {
        if (!cache.held.containsKey(name) && !cache.absent.contains(name)) {
          missing.add(name);
        }
      }
    }
    return missing;
  }

  /** Whether the control plane has sent anything yet. */
  boolean isEmpty() {
    return caches.values().stream().noneMatch(cache -> cache.answered);
  }

  /** Versions of what is held, which a new stream begins with. */
  Map<String, String> versions(String type) {
    var versions = new TreeMap<String, String>();
    cache(type).held.forEach((name, held) -> versions.put(name, held.version()));
    return versions;
  }

  /** What to ask for of a type that is asked for by name, given what is held now. */
  Change subscribe(String type) {
    var cache = cache(type);
    var needed = needed(type);
    var subscribe = new TreeSet<>(needed);
    subscribe.removeAll(cache.subscribed);
    var unsubscribe = new TreeSet<>(cache.subscribed);
    unsubscribe.removeAll(needed);
    cache.subscribed.addAll(subscribe);
    cache.subscribed.removeAll(unsubscribe);
    cache.held.keySet().removeAll(unsubscribe);
    cache.absent.removeAll(unsubscribe);
    return new Change(List.copyOf(subscribe), List.copyOf(unsubscribe));
  }

  /** The names asked for; the wildcard for the types that come by themselves. */
  List<String> subscribed(String type) {
    boolean wildcard = type.equals(TypeUrls.CLUSTER) || type.equals(TypeUrls.LISTENER);
    return wildcard ? List.of("*") : List.copyOf(cache(type).subscribed);
  }

  boolean hasNoSubscription(String type) {
    return cache(type).subscribed.isEmpty();
  }

  /** A new stream knows nothing of what was asked on the one before. */
  void streamEnded() {
    caches.values().forEach(cache -> cache.subscribed.clear());
  }

  private Set<String> needed(String type) {
    var needed = new TreeSet<String>();
    if (type.equals(TypeUrls.ENDPOINT)) {
      for (var cluster : all(TypeUrls.CLUSTER, Cluster.class)) {
        if (cluster.discovery() instanceof Cluster.Discovery.Eds(var endpoints)) {
          needed.add(endpoints);
        }
      }
    } else if (type.equals(TypeUrls.ROUTE)) {
      all(TypeUrls.LISTENER, Listener.class).forEach(l -> needed.add(l.routeTable()));
      needed.remove("");
    } else if (type.equals(TypeUrls.SECRET)) {
      all(TypeUrls.LISTENER, Listener.class).forEach(one -> needed.addAll(secrets(one)));
      for (var cluster : all(TypeUrls.CLUSTER, Cluster.class)) {
        cluster
            .tls()
            .ifPresent(
                tls -> {
                  needed.add(tls.certificate());
                  needed.add(tls.server().roots());
                });
      }
      needed.remove("");
      needed.remove(MeshSettings.SYSTEM_ROOTS);
      needed.removeAll(ownSecrets);
    }
    return needed;
  }

  private static Set<String> secrets(Listener listener) {
    var secrets = new TreeSet<String>();
    listener
        .tls()
        .ifPresent(
            tls -> {
              secrets.add(tls.certificate());
              tls.named().forEach(named -> secrets.add(named.certificate()));
              tls.clients().map(PeerValidation::roots).ifPresent(secrets::add);
            });
    return secrets;
  }

  /** The listeners that lack one of these secrets, each with those that it lacks. */
  Map<String, Set<String>> listenersWithout(Set<String> missing) {
    var without = new TreeMap<String, Set<String>>();
    for (var listener : all(TypeUrls.LISTENER, Listener.class)) {
      var lacked = secrets(listener);
      lacked.retainAll(missing);
      if (!lacked.isEmpty()) {
        without.put(listener.name(), lacked);
      }
    }
    return without;
  }

  /** Whether everything that was asked for has been answered. */
  boolean isComplete() {
    if (!cache(TypeUrls.CLUSTER).answered || !cache(TypeUrls.LISTENER).answered) {
      return false;
    }
    return missing().isEmpty();
  }

  Snapshot snapshot() {
    return new Snapshot(
        all(TypeUrls.LISTENER, Listener.class),
        all(TypeUrls.ROUTE, RouteTable.class),
        all(TypeUrls.CLUSTER, Cluster.class),
        all(TypeUrls.ENDPOINT, Endpoints.class),
        all(TypeUrls.SECRET, Secret.class));
  }

  private <R extends Resource> List<R> all(String type, Class<R> kind) {
    return cache(type).held.values().stream().map(held -> kind.cast(held.resource())).toList();
  }

  private TypeCache cache(String type) {
    var cache = caches.get(type);
    if (cache == null) {
      throw new DecodeException("type '" + type + "' is not supported");
    }
    return cache;
  }
}
