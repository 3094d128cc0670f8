package io.fairlead.proxy.jwt;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.fairlead.proxy.access.Claims;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.HeadWriter;
import io.fairlead.traffic.JwtProvider;
import java.net.URLDecoder;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A {@link JwtProvider} ready for use. Immutable but for its keys. */
final class Provider {
  private static final JwtProvider.FromHeader BEARER =
      new JwtProvider.FromHeader("authorization", "Bearer ");

  private final JwtProvider settings;
  private final KeySource keys;
  private final List<Place> headers;
  private final List<String> params;
  private final List<Told> told;

  private record Place(byte[] name, String prefix) {}

  private record Told(byte[] name, byte[] nameColon, List<String> claim) {}

  Provider(JwtProvider settings, KeySource keys) {
    this.settings = settings;
    this.keys = keys;
    boolean usual = settings.fromHeaders().isEmpty() && settings.fromParams().isEmpty();
    headers =
        (usual ? List.of(BEARER) : settings.fromHeaders())
            .stream().map(h -> new Place(octets(h.name()), h.prefix())).toList();
    params = usual ? List.of("access_token") : settings.fromParams();
    told =
        settings.claimHeaders().stream()
            .map(h -> new Told(octets(h.header()), octets(h.header() + ": "), List.of(h.claim())))
            .toList();
  }

  private static byte[] octets(String name) {
    return name.toLowerCase(Locale.ROOT).getBytes(ISO_8859_1);
  }

  String issuer() {
    return settings.issuer();
  }

  List<String> audiences() {
    return settings.audiences();
  }

  KeySource keys() {
    return keys;
  }

  /** The token that stands where this provider looks for it, or null. */
  @Nullable String find(Head head) {
    for (Place place : headers) {
      for (int i = head.find(place.name, 0); i >= 0; i = head.find(place.name, i + 1)) {
        String value = head.value(i);
        int length = place.prefix.length();
        if (value.regionMatches(true, 0, place.prefix, 0, length) && value.length() > length) {
          return value.substring(length).strip();
        }
      }
    }
    return params.isEmpty() ? null : findParam(head.queryText());
  }

  private @Nullable String findParam(String query) {
    for (String parameter : query.isEmpty() ? new String[0] : query.substring(1).split("&")) {
      int equals = parameter.indexOf('=');
      if (equals > 0 && params.contains(parameter.substring(0, equals))) {
        try {
          return URLDecoder.decode(parameter.substring(equals + 1), UTF_8);
        } catch (IllegalArgumentException e) {
          return parameter.substring(equals + 1);
        }
      }
    }
    return null;
  }

  /** Takes out what only this proxy may tell the workload. */
  void strip(Head head) {
    told.forEach(header -> head.dropAll(header.name));
  }

  /** Tells the workload of a token that was verified. */
  void forward(Head head, HeadWriter writer, Claims claims) {
    if (settings.forwarding() == JwtProvider.Forwarding.TAKEN_OUT) {
      for (Place place : headers) {
        int field = head.find(place.name, 0);
        if (field >= 0
            && head.value(field).regionMatches(true, 0, place.prefix, 0, place.prefix.length())) {
          head.dropAll(place.name);
        }
      }
    }
    for (Told header : told) {
      List<String> values = claims.values(header.claim);
      if (!values.isEmpty() && values.getFirst().chars().noneMatch(c -> c < ' ' || c > 0xff)) {
        writer.add(header.nameColon, values.getFirst());
      }
    }
  }
}
