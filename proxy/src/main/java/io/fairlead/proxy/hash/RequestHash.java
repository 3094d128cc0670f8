package io.fairlead.proxy.hash;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.fairlead.proxy.exchange.Affinity;
import io.fairlead.proxy.exchange.AffinityKey;
import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.http1.Head;
import io.fairlead.traffic.Cluster.HashKey;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Makes the affinity of requests by what a cluster's {@link HashKey} names. Stateless. */
public final class RequestHash {
  private RequestHash() {}

  /** The key, ready for use. */
  public static AffinityKey of(HashKey key) {
    return switch (key) {
      case HashKey.Header(var name) -> new HeaderKey(name.getBytes(ISO_8859_1));
      case HashKey.Cookie cookie -> new CookieKey(cookie);
      case HashKey.SourceAddress() -> RequestHash::address;
      case HashKey.QueryParameter(var name) -> new QueryKey(name.getBytes(UTF_8));
    };
  }

  /** The text is ASCII and short, and turning it into octets would allocate them. */
  private static Affinity address(Exchange exchange, Head head) {
    String address = exchange.peer().address();
    long bits = address.length();
    for (int i = 0; i < address.length(); i++) {
      bits = XxHash64.mix(bits ^ address.charAt(i));
    }
    return new Affinity(bits, null);
  }

  /** All values of a header, in their order. */
  private record HeaderKey(byte[] name) implements AffinityKey {
    @Override
    public @Nullable Affinity of(Exchange exchange, Head head) {
      int i = head.find(name, 0);
      if (i < 0) {
        return null;
      }
      long hash = 0;
      for (; i >= 0; i = head.find(name, i + 1)) {
        hash = XxHash64.of(head.octets(), head.valueFrom(i), head.valueTo(i), hash);
      }
      return new Affinity(hash, null);
    }
  }

  /** The value of a query parameter, as it was sent; the name is compared as it was sent, too. */
  private record QueryKey(byte[] name) implements AffinityKey {
    @Override
    public @Nullable Affinity of(Exchange exchange, Head head) {
      byte[] octets = head.octets();
      long range = Pairs.find(octets, head.queryFrom() + 1, head.queryTo(), '&', name);
      return range == Pairs.NONE
          ? null
          : new Affinity(XxHash64.of(octets, Pairs.from(range), Pairs.to(range), 0), null);
    }
  }

  /** The value of a cookie; whoever has none gets one, if it has a lifetime. */
  private static final class CookieKey implements AffinityKey {
    private static final byte[] FIELD = "cookie".getBytes(ISO_8859_1);

    private final byte[] name;
    private final boolean made;
    private final String before;
    private final String after;

    CookieKey(HashKey.Cookie cookie) {
      name = cookie.name().getBytes(ISO_8859_1);
      Optional<Duration> lifetime = cookie.lifetime();
      made = lifetime.isPresent();
      before = "set-cookie: " + cookie.name() + "=";
      long seconds = lifetime.map(Duration::toSeconds).orElse(0L);
      after =
          (seconds > 0 ? "; Max-Age=" + seconds : "")
              + (cookie.path().isEmpty() ? "" : "; Path=" + cookie.path())
              + "; HttpOnly\r\n";
    }

    @Override
    public @Nullable Affinity of(Exchange exchange, Head head) {
      byte[] octets = head.octets();
      for (int i = head.find(FIELD, 0); i >= 0; i = head.find(FIELD, i + 1)) {
        long range = Pairs.find(octets, head.valueFrom(i), head.valueTo(i), ';', name);
        if (range != Pairs.NONE) {
          return new Affinity(XxHash64.of(octets, Pairs.from(range), Pairs.to(range), 0), null);
        }
      }
      if (!made) {
        return null;
      }
      String value = HexFormat.of().toHexDigits(exchange.loop().random());
      return new Affinity(XxHash64.of(value), (before + value + after).getBytes(ISO_8859_1));
    }
  }
}
