package io.fairlead.proxy.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fairlead.config.LogCommand;
import io.fairlead.config.LogTemplate.Part;
import io.fairlead.proxy.exchange.Attempt;
import io.fairlead.proxy.exchange.Downstream.Protocol;
import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.Failure;
import io.fairlead.proxy.exchange.MatchedRoute;
import io.fairlead.proxy.exchange.Peer;
import io.fairlead.proxy.exchange.ResponseFlags;
import io.fairlead.proxy.exchange.Target;
import io.fairlead.proxy.exchange.Trace;
import io.fairlead.proxy.log.HeadSlots.Side;
import io.fairlead.proxy.log.LineWriter.Escape;
import java.net.InetSocketAddress;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** Finds the values of commands. Stateless. */
final class LogValues {
  private static final String SERVICE_TIME = "x-envoy-upstream-service-time";
  private static final long MILLI = 1_000_000;
  private static final long UNKNOWN = Long.MIN_VALUE;

  /** The trace id in a {@code traceparent}. */
  private static final int TRACE_ID_FROM = 3;

  private static final int TRACE_ID_LENGTH = 32;

  private LogValues() {}

  /**
   * The value of a command.
   *
   * @param slots to which it adds what must be copied of heads
   * @param hostname of this proxy
   */
  static LogValue of(Part.Command part, HeadSlots slots, String hostname) {
    LogCommand command = part.command();
    return switch (command) {
      case START_TIME -> time(part.argument());
      case REQ -> copied(slots.slot(Side.REQUEST, part.argument(), part.alternative(), max(part)));
      case RESP -> response(part, slots);
      case PROTOCOL -> text(part, LogValues::protocol);
      case RESPONSE_CODE -> number(e -> e.exchange().status());
      case RESPONSE_CODE_DETAILS -> text(part, LogValues::details);
      case RESPONSE_FLAGS -> text(part, e -> ResponseFlags.text(e.flags()));
      case RESPONSE_FLAGS_LONG -> text(part, e -> ResponseFlags.longText(e.flags()));
      case CONNECTION_TERMINATION_DETAILS -> text(part, LogValues::termination);
      case BYTES_RECEIVED -> number(e -> e.exchange().received());
      case BYTES_SENT -> number(e -> e.exchange().sent());
      case DURATION -> number(e -> (e.exchange().endNanos() - e.exchange().startNanos()) / MILLI);
      case RESPONSE_DURATION -> number(LogValues::responseDuration);
      case UPSTREAM_HOST -> text(part, LogValues::upstreamHost);
      case UPSTREAM_CLUSTER, UPSTREAM_CLUSTER_RAW -> text(part, LogValues::cluster);
      case UPSTREAM_LOCAL_ADDRESS -> (entry, out, escape) -> false;
      case UPSTREAM_REQUEST_ATTEMPT_COUNT -> number(e -> e.exchange().attempts());
      case UPSTREAM_TRANSPORT_FAILURE_REASON -> text(part, LogValues::failure);
      case ROUTE_NAME -> text(part, LogValues::route);
      case DOWNSTREAM_REMOTE_ADDRESS -> text(part, e -> client(e.exchange(), Port.SHOWN));
      case DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT ->
          text(part, e -> client(e.exchange(), Port.LEFT_OUT));
      case DOWNSTREAM_DIRECT_REMOTE_ADDRESS -> text(part, e -> direct(e.exchange().peer()));
      case DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT ->
          text(part, e -> orNull(e.exchange().peer().address()));
      case DOWNSTREAM_LOCAL_ADDRESS -> text(part, e -> local(e.exchange().peer().ends()));
      case DOWNSTREAM_LOCAL_PORT -> number(e -> e.exchange().peer().ends().destinationPort());
      case DOWNSTREAM_PEER_URI_SAN -> text(part, e -> e.exchange().peer().identity().orElse(null));
      case REQUESTED_SERVER_NAME ->
          text(part, e -> orNull(e.exchange().peer().ends().serverName()));
      case TRACE_ID -> trace(part, slots.traceParent());
      case HOSTNAME -> text(part, e -> hostname);
    };
  }

  private enum Port {
    SHOWN,
    LEFT_OUT
  }

  private static int max(Part.Command part) {
    return part.maxLength();
  }

  private static LogValue number(ToLongFunction<Entry> value) {
    return (entry, out, escape) -> {
      long number = value.applyAsLong(entry);
      if (number == UNKNOWN) {
        return false;
      }
      out.number(number);
      return true;
    };
  }

  private static LogValue text(Part.Command part, Function<Entry, @Nullable String> value) {
    int most = part.maxLength();
    return (entry, out, escape) -> {
      String text = value.apply(entry);
      if (text == null) {
        return false;
      }
      byte[] octets = text.getBytes(UTF_8);
      out.value(octets, 0, Math.min(most, octets.length), escape);
      return true;
    };
  }

  private static LogValue time(String format) {
    return (entry, out, escape) -> {
      if (format.isEmpty()) {
        entry.time().iso(out, entry.startEpochNanos());
      } else {
        entry.time().formatted(out, entry.startEpochNanos(), format);
      }
      return true;
    };
  }

  private static LogValue copied(int slot) {
    return (entry, out, escape) -> copied(slot, entry, out, escape);
  }

  private static boolean copied(int slot, Entry entry, LineWriter out, Escape escape) {
    Captured captured = entry.captured();
    if (!captured.has(slot)) {
      return false;
    }
    out.value(captured.octets(), captured.from(slot), captured.to(slot), escape);
    return true;
  }

  /** Envoy tells the time of the upstream in a field, which it adds; here it is only logged. */
  private static LogValue response(Part.Command part, HeadSlots slots) {
    int slot = slots.slot(Side.ANSWER, part.argument(), part.alternative(), max(part));
    if (!part.argument().equals(SERVICE_TIME)) {
      return copied(slot);
    }
    LogValue measured = number(LogValues::serviceTime);
    return (entry, out, escape) ->
        copied(slot, entry, out, escape) || measured.write(entry, out, escape);
  }

  private static long serviceTime(Entry entry) {
    Attempt last = entry.exchange().lastAttempt();
    return last == null || last.status() == 0
        ? UNKNOWN
        : (last.answeredNanos() - last.startNanos()) / MILLI;
  }

  private static long responseDuration(Entry entry) {
    Attempt last = entry.exchange().lastAttempt();
    return last == null || last.status() == 0
        ? UNKNOWN
        : (last.answeredNanos() - entry.exchange().startNanos()) / MILLI;
  }

  private static @Nullable String protocol(Entry entry) {
    return switch (entry.exchange().protocol()) {
      case HTTP_1 -> entry.captured().isHttp10() ? "HTTP/1.0" : "HTTP/1.1";
      case HTTP_2 -> "HTTP/2";
      case TCP -> null;
    };
  }

  private static @Nullable String details(Entry entry) {
    return entry.exchange().protocol() == Protocol.TCP
        ? null
        : ResponseFlags.details(entry.exchange());
  }

  private static @Nullable String termination(Entry entry) {
    Exchange exchange = entry.exchange();
    return exchange.protocol() != Protocol.TCP || exchange.reason() == null
        ? null
        : ResponseFlags.details(exchange);
  }

  private static @Nullable String upstreamHost(Entry entry) {
    Attempt last = entry.exchange().lastAttempt();
    InetSocketAddress at = last == null ? null : last.endpointAddress();
    if (at == null) {
      return null;
    }
    String host = at.isUnresolved() ? at.getHostString() : at.getAddress().getHostAddress();
    return address(host, at.getPort());
  }

  private static @Nullable String cluster(Entry entry) {
    Target target = entry.exchange().targetOrNull();
    return target == null ? null : target.upstream().name();
  }

  private static @Nullable String failure(Entry entry) {
    Attempt last = entry.exchange().lastAttempt();
    Failure failure = last == null ? null : last.failure();
    return failure == null || failure == Failure.CANCELLED ? null : failure.reason().text();
  }

  private static @Nullable String route(Entry entry) {
    MatchedRoute route = entry.exchange().routeOrNull();
    Target target = entry.exchange().targetOrNull();
    return route != null ? route.name() : target == null ? null : target.route();
  }

  private static @Nullable String client(Exchange exchange, Port port) {
    String named = exchange.passage().client();
    Peer peer = exchange.peer();
    String address = named == null ? peer.address() : named;
    boolean direct = address.equals(peer.address());
    return switch (port) {
      case SHOWN -> direct ? direct(peer) : address(address, 0);
      case LEFT_OUT -> orNull(address);
    };
  }

  private static @Nullable String direct(Peer peer) {
    return peer.address().isEmpty() ? null : address(peer.address(), peer.ends().sourcePort());
  }

  private static @Nullable String local(Peer.Ends ends) {
    return ends.destination().isEmpty()
        ? null
        : address(ends.destination(), ends.destinationPort());
  }

  private static String address(String host, int port) {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }

  private static @Nullable String orNull(String text) {
    return text.isEmpty() ? null : text;
  }

  private static LogValue trace(Part.Command part, int slot) {
    LogValue recorded =
        text(
            part,
            entry -> {
              Trace trace = entry.exchange().trace();
              return trace == null ? null : trace.server().traceIdText();
            });
    return (entry, out, escape) -> {
      if (recorded.write(entry, out, escape)) {
        return true;
      }
      Captured captured = entry.captured();
      if (!captured.has(slot)) {
        return false;
      }
      int from = captured.from(slot) + TRACE_ID_FROM;
      int to = Math.min(captured.to(slot), from + Math.min(TRACE_ID_LENGTH, part.maxLength()));
      out.value(captured.octets(), Math.min(from, to), to, escape);
      return to > from;
    };
  }
}
