package io.fairlead.control;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What one client wants of one type, has been sent, and has acknowledged. Confined to the lock of
 * its stream.
 *
 * <p>At most one response is unanswered at a time, so a slow client makes later changes coalesce
 * instead of queue.
 */
final class Subscription {
  private final XdsType type;
  private final Set<String> names = new TreeSet<>();
  private final Map<String, String> sent = new HashMap<>();
  private final Set<String> answeredAbsent = new HashSet<>();
  private boolean wildcard;
  private boolean answered;
  private boolean asked;
  private String nonce = "";
  private boolean pending;
  private String sentVersion = "";
  private String ackedVersion = "";
  private @Nullable String refusal;

  Subscription(XdsType type) {
    this.type = type;
  }

  /** The client's view is no longer the one that was sent: it named other resources. */
  void change(AdsRequest.Names change, Map<String, String> held) {
    switch (change) {
      case AdsRequest.Names.Whole(var whole) -> replace(whole);
      case AdsRequest.Names.Change(var subscribe, var unsubscribe) -> {
        if (!asked && type.isWildcard() && subscribe.isEmpty()) {
          wildcard = true;
        }
        for (var name : subscribe) {
          if (name.equals("*")) {
            if (wildcard) {
              sent.clear();
            }
            wildcard = true;
          } else if (!names.add(name)) {
            // Subscribing again asks for the resource again (xDS protocol, delta).
            sent.remove(name);
          }
          answeredAbsent.remove(name);
        }
        for (var name : unsubscribe) {
          wildcard &= !name.equals("*");
          names.remove(name);
          sent.remove(name);
        }
        if (!asked) {
          sent.putAll(held);
        }
      }
    }
    asked = true;
  }

  private void replace(java.util.List<String> whole) {
    wildcard =
        whole.contains("*") || (whole.isEmpty() && type.isWildcard() && (wildcard || !asked));
    var next = new TreeSet<>(whole);
    next.remove("*");
    if (!next.equals(names)) {
      names.clear();
      names.addAll(next);
      sent.keySet().removeIf(name -> !wildcard && !names.contains(name));
      answeredAbsent.retainAll(names);
      answered = false;
    }
  }

  /**
   * Takes an acknowledgement or refusal; tells whether it was for the last response. A client of
   * the state of the world names that one again when it changes what it asks for.
   */
  boolean answer(AdsRequest request) {
    if (!request.nonce().equals(nonce) || nonce.isEmpty()) {
      return false;
    }
    if (pending) {
      refusal = request.refusal().orElse(null);
      ackedVersion = refusal == null ? sentVersion : ackedVersion;
      pending = false;
    }
    return true;
  }

  /** The client needs this resource again, although it has it in this version. */
  void sendAgain(String name) {
    sent.remove(name);
  }

  /** Whether the client was sent this resource, in any version. */
  boolean has(String name) {
    return sent.containsKey(name);
  }

  /** Whether a response is on its way and not yet answered. */
  boolean isPending() {
    return pending;
  }

  boolean isAsked() {
    return asked;
  }

  /** Whether the client asks for this resource by its name. */
  boolean names(String name) {
    return names.contains(name);
  }

  /** Of the node's resources those that the client wants. */
  SortedMap<String, Encoded> wanted(SortedMap<String, Encoded> all) {
    if (wildcard) {
      return all;
    }
    var wanted = new TreeMap<String, Encoded>();
    for (var name : names) {
      var encoded = all.get(name);
      if (encoded != null) {
        wanted.put(name, encoded);
      }
    }
    return wanted;
  }

  /** Resources that the client has not, or has in another version. */
  SortedMap<String, Encoded> changed(SortedMap<String, Encoded> wanted) {
    var changed = new TreeMap<String, Encoded>();
    wanted.forEach(
        (name, encoded) -> {
          if (!encoded.version().equals(sent.get(name))) {
            changed.put(name, encoded);
          }
        });
    return changed;
  }

  /** Resources that the client has, or asked for by name, and that are not there. */
  Set<String> removed(SortedMap<String, Encoded> wanted) {
    var removed = new TreeSet<>(sent.keySet());
    for (var name : names) {
      if (!answeredAbsent.contains(name)) {
        removed.add(name);
      }
    }
    removed.removeAll(wanted.keySet());
    return removed;
  }

  boolean needsFirstAnswer() {
    return asked && !answered;
  }

  void sent(SortedMap<String, Encoded> changed, Set<String> removed, Sending sending) {
    changed.forEach((name, encoded) -> sent.put(name, encoded.version()));
    answeredAbsent.removeAll(changed.keySet());
    for (var name : removed) {
      sent.remove(name);
      if (names.contains(name)) {
        answeredAbsent.add(name);
      }
    }
    answered = true;
    nonce = sending.nonce();
    pending = true;
    sentVersion = sending.version();
  }

  /** Marks of a response. */
  record Sending(String nonce, String version) {}

  /** What operators see of this type. */
  ProxyStatus.TypeStatus status() {
    return new ProxyStatus.TypeStatus(
        type.name(), sentVersion, ackedVersion, sent.size(), isPending(), refusal);
  }
}
