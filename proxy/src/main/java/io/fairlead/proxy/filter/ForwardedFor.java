package io.fairlead.proxy.filter;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fairlead.config.Cidr;
import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.exchange.Peer;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.proxy.http1.Field;
import io.fairlead.proxy.http1.Head;
import io.fairlead.traffic.ClientTrust;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tells services who the gateway's client is. What a client itself says of that is taken out before
 * anything is matched by it, unless the configuration trusts proxies in front of the gateway: then
 * what they have appended counts, and nothing before that.
 */
public final class ForwardedFor implements Layer {
  private static final byte[] FOR = "x-forwarded-for: ".getBytes(US_ASCII);
  private static final byte[] HTTP = "x-forwarded-proto: http\r\n".getBytes(US_ASCII);
  private static final byte[] HTTPS = "x-forwarded-proto: https\r\n".getBytes(US_ASCII);

  private final ClientTrust trust;

  public ForwardedFor(ClientTrust trust) {
    this.trust = trust;
  }

  @Override
  public Verdict request(Exchange exchange, Head head) {
    Peer peer = exchange.peer();
    var writer = exchange.loop().writer();
    if (trust.trustedHops() > 0 || isProxy(peer.address())) {
      List<String> named = named(head);
      exchange.passage().client(client(peer.address(), named));
      named.add(peer.address());
      head.dropAll(Field.X_FORWARDED_FOR);
      writer.add(FOR, String.join(", ", named));
      if (tellsScheme(head)) {
        return Verdict.PASS;
      }
    } else {
      exchange.passage().client(peer.address());
      head.dropAll(Field.X_FORWARDED_FOR);
      writer.add(FOR, peer.address());
    }
    head.dropAll(Field.X_FORWARDED_PROTO);
    writer.add(peer.security() == Peer.Security.TLS ? HTTPS : HTTP);
    return Verdict.PASS;
  }

  private static boolean tellsScheme(Head head) {
    int field = head.find(Field.X_FORWARDED_PROTO, 0);
    if (field < 0 || head.find(Field.X_FORWARDED_PROTO, field + 1) >= 0) {
      return false;
    }
    String scheme = head.value(field);
    return scheme.equals("http") || scheme.equals("https");
  }

  private static List<String> named(Head head) {
    List<String> named = new ArrayList<>();
    for (int i = head.find(Field.X_FORWARDED_FOR, 0);
        i >= 0;
        i = head.find(Field.X_FORWARDED_FOR, i + 1)) {
      for (String address : head.value(i).split(",", -1)) {
        if (!address.isBlank()) {
          named.add(address.strip());
        }
      }
    }
    return named;
  }

  /** From the right: each proxy has appended whoever it saw. */
  private String client(String peer, List<String> named) {
    int at = named.size() - Math.max(1, trust.trustedHops());
    if (trust.trustedHops() > 0) {
      return at < 0 ? peer : bareOr(named.get(at), peer);
    }
    String client = peer;
    while (at >= 0 && isProxy(client)) {
      client = bareOr(named.get(at--), peer);
    }
    return client;
  }

  /** Without a port; what is no address was not written by a proxy. */
  private static String bareOr(String text, String otherwise) {
    int bracket = text.indexOf(']');
    String bare = text;
    if (text.startsWith("[") && bracket > 0) {
      bare = text.substring(1, bracket);
    } else if (text.indexOf(':') == text.lastIndexOf(':') && text.indexOf(':') > 0) {
      bare = text.substring(0, text.indexOf(':'));
    }
    return octets(bare) == null ? otherwise : bare;
  }

  private boolean isProxy(String address) {
    if (trust.trustedProxies().isEmpty()) {
      return false;
    }
    byte[] octets = octets(address);
    return octets != null && trust.trustedProxies().stream().anyMatch(b -> b.contains(octets));
  }

  private static byte @Nullable [] octets(String address) {
    try {
      return Cidr.octets(address);
    } catch (IllegalArgumentException none) {
      return null;
    }
  }
}
