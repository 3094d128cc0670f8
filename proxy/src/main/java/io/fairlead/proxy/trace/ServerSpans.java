package io.fairlead.proxy.trace;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.GrpcCode;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.exchange.MatchedRoute;
import io.fairlead.proxy.exchange.Peer;
import io.fairlead.proxy.exchange.Reason;
import io.fairlead.proxy.exchange.Target;
import io.fairlead.proxy.exchange.Trace;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.proxy.http1.Field;
import io.fairlead.proxy.http1.GrpcType;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.Method;
import io.fairlead.proxy.loop.Loop;
import io.fairlead.telemetry.Attribute;
import io.fairlead.telemetry.Propagator;
import io.fairlead.telemetry.Sampler;
import io.fairlead.telemetry.SpanKind;
import io.fairlead.telemetry.SpanRecord;
import io.fairlead.telemetry.SpanStatus;
import io.fairlead.telemetry.TraceContext;
import io.fairlead.telemetry.TraceFormat;
import io.fairlead.telemetry.TraceParent;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Continues the caller's trace or begins one, and makes the listener's span of each request that is
 * recorded. The first layer, so that the span lasts from the first octet to the last and tells of
 * refusals too.
 *
 * <p>The head that goes on names the span of the first attempt, which is chosen here already, since
 * the head is assembled before there is an attempt. Where nothing is recorded a valid {@code
 * traceparent} goes on as it came, so that it costs a look at its octets.
 *
 * @see <a href="https://opentelemetry.io/docs/specs/semconv/http/http-spans/">OpenTelemetry's
 *     conventions for HTTP spans</a>
 */
public final class ServerSpans implements Layer {
  private static final int MAX_PATH = 1_024;
  private static final int MAX_HOST = 256;
  private static final int MAX_USER_AGENT = 256;
  private static final byte[] USER_AGENT = "user-agent".getBytes(US_ASCII);
  private static final Pattern PORT = Pattern.compile("[0-9]{1,5}");

  private final SpanQueue queue;
  private final EpochClock clock;
  private final Sampler sampler;
  private final String component;
  private final byte[][] scratch;
  private final @Nullable Propagator[] propagators;

  /**
   * @param sampler decides on traces that begin here
   * @param component which side of a workload it stands on
   * @param loops number of loops
   */
  public ServerSpans(
      SpanQueue queue, EpochClock clock, Sampler sampler, String component, int loops) {
    this.queue = queue;
    this.clock = clock;
    this.sampler = sampler;
    this.component = component;
    scratch = new byte[loops][TraceParent.LENGTH];
    propagators = new Propagator[loops];
  }

  @Override
  public Verdict request(Exchange exchange, Head head) {
    int caller = head.find(Field.TRACEPARENT, 0);
    boolean b3 = TraceHeaders.hasB3Single(head) || TraceHeaders.hasB3Multi(head);
    if (caller < 0 && !b3) {
      begin(exchange, head);
    } else if (b3 || !isUnrecorded(head, caller)) {
      enter(exchange, head, propagator(exchange.loop()).enter(TraceHeaders.reader(head)));
    }
    return Verdict.PASS;
  }

  /** Each loop has random numbers, and so a propagator, of its own. */
  private Propagator propagator(Loop loop) {
    Propagator present = propagators[loop.index()];
    if (present == null) {
      present = new Propagator(List.of(TraceFormat.values()), List.of(), sampler, loop::random);
      propagators[loop.index()] = present;
    }
    return present;
  }

  private static boolean isUnrecorded(Head head, int caller) {
    int from = head.valueFrom(caller);
    return TraceParent.valid(head.octets(), from, head.valueTo(caller) - from)
        && (TraceParent.flags(head.octets(), from) & TraceContext.SAMPLED) == 0;
  }

  private void begin(Exchange exchange, Head head) {
    Loop loop = exchange.loop();
    long high = loop.random();
    long low = loop.random() | 1;
    long span = loop.random() | 1;
    if (sampler.sampled(high, low)) {
      int flags = TraceContext.SAMPLED | TraceContext.RANDOM;
      enter(exchange, head, new TraceContext(high, low, span, 0, flags, ""));
    } else {
      TraceHeaders.unrecorded(head, loop.writer(), high, low, span, scratch[loop.index()]);
    }
  }

  private void enter(Exchange exchange, Head head, TraceContext server) {
    Loop loop = exchange.loop();
    TraceContext client = server.child(loop::random);
    int[] places = TraceHeaders.replace(head, loop.writer(), client, scratch[loop.index()]);
    if (server.sampled()) {
      exchange.trace(
          new Trace(
              server,
              client,
              describe(exchange, head),
              clock.epochNanos(exchange.startNanos()),
              places));
    }
  }

  private static Trace.Request describe(Exchange exchange, Head head) {
    return new Trace.Request(
        head.method() == Method.OTHER ? "_OTHER" : head.methodText(),
        cut(head.pathText(), MAX_PATH),
        server(exchange, head.authority()),
        switch (exchange.protocol()) {
          case HTTP_1 -> head.isHttp10() ? "1.0" : "1.1";
          case HTTP_2 -> "2";
          case TCP -> "";
        },
        cut(value(head, USER_AGENT), MAX_USER_AGENT),
        rpc(head));
  }

  private static Trace.Server server(Exchange exchange, String authority) {
    String scheme =
        switch (exchange.peer().security()) {
          case TLS -> "https";
          case PLAIN_TEXT -> "http";
        };
    int colon = authority.lastIndexOf(':');
    boolean hasPort = colon > authority.lastIndexOf(']');
    String port = hasPort ? authority.substring(colon + 1) : "";
    return new Trace.Server(
        scheme,
        cut(hasPort ? authority.substring(0, colon) : authority, MAX_HOST),
        PORT.matcher(port).matches() ? Integer.parseInt(port) : SpanTexts.usualPort(scheme));
  }

  /** Service and method of a gRPC call, as its path names them; else empty. */
  private static String rpc(Head head) {
    String path = GrpcType.isGrpcOrWeb(head) ? head.pathText() : "";
    int slash = path.indexOf('/', 1);
    boolean whole = slash > 1 && slash < path.length() - 1 && path.indexOf('/', slash + 1) < 0;
    return whole ? cut(path.substring(1), MAX_PATH) : "";
  }

  private static String value(Head head, byte[] name) {
    int field = head.find(name, 0);
    return field < 0 ? "" : head.value(field);
  }

  private static String cut(String text, int most) {
    return text.length() <= most ? text : text.substring(0, most);
  }

  @Override
  public void end(Exchange exchange) {
    Trace trace = exchange.trace();
    if (trace == null || queue.refuses()) {
      return;
    }
    List<Attribute> attributes = new ArrayList<>(20);
    MatchedRoute route = exchange.routeOrNull();
    attributes.add(Attribute.of("fairlead.component", component));
    SpanTexts.request(attributes, trace.request());
    attributes.add(Attribute.of("url.scheme", trace.request().server().scheme()));
    attributes.add(Attribute.of("network.protocol.version", trace.request().version()));
    if (!trace.request().userAgent().isEmpty()) {
      attributes.add(Attribute.of("user_agent.original", trace.request().userAgent()));
    }
    client(exchange, attributes);
    if (route != null) {
      attributes.add(Attribute.of("fairlead.route", route.name()));
    }
    Target target = exchange.targetOrNull();
    if (target != null) {
      attributes.add(Attribute.of("fairlead.cluster", target.upstream().name()));
    }
    queue.offer(
        new SpanRecord(
            trace.server(),
            SpanKind.SERVER,
            SpanTexts.name(trace.request(), route),
            trace.startEpochNanos(),
            Math.max(0, exchange.endNanos() - exchange.startNanos()),
            outcome(exchange, attributes),
            attributes));
  }

  /** The client, as far as proxies in front are believed, and the other end of the connection. */
  private static void client(Exchange exchange, List<Attribute> attributes) {
    Peer peer = exchange.peer();
    String named = exchange.passage().client();
    attributes.add(Attribute.of("client.address", named == null ? peer.address() : named));
    attributes.add(Attribute.of("network.peer.address", peer.address()));
    if (peer.ends().sourcePort() > 0) {
      attributes.add(Attribute.of("network.peer.port", peer.ends().sourcePort()));
    }
  }

  /** A client that went away is no error of this side, so only its reason is told. */
  private static SpanStatus outcome(Exchange exchange, List<Attribute> attributes) {
    int status = exchange.status();
    Reason reason = exchange.reason();
    if (status > 0) {
      attributes.add(Attribute.of("http.response.status_code", status));
    }
    if (reason != null) {
      attributes.add(Attribute.of("fairlead.reason", reason.text()));
    } else if (exchange.isAborted()) {
      attributes.add(Attribute.of("fairlead.reason", "client-closed"));
    }
    GrpcCode code = exchange.code();
    if (code != null) {
      SpanTexts.call(attributes, code);
    }
    boolean wrong = code == null ? status >= 500 : code.isServerError();
    boolean failed = wrong || exchange.isAborted() && reason != null;
    if (failed) {
      String answered = code == null ? Integer.toString(status) : code.name();
      String type = reason == null ? answered : reason.text();
      attributes.add(Attribute.of("error.type", type));
    }
    return failed ? SpanStatus.ERROR : SpanStatus.UNSET;
  }
}
