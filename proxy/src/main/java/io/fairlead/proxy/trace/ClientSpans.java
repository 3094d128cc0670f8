package io.fairlead.proxy.trace;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fairlead.proxy.exchange.Attempt;
import io.fairlead.proxy.exchange.AttemptLayer;
import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.Failure;
import io.fairlead.proxy.exchange.Trace;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.telemetry.Attribute;
import io.fairlead.telemetry.SpanKind;
import io.fairlead.telemetry.SpanRecord;
import io.fairlead.telemetry.SpanStatus;
import io.fairlead.telemetry.TraceContext;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes a span of each attempt at an upstream, so that a retry shows. It stands behind the policies
 * that may refuse an attempt: what was not tried has no span, and the listener's span says why.
 */
public final class ClientSpans implements AttemptLayer {
  private final SpanQueue queue;
  private final String component;

  /**
   * @param component which side of a workload it stands on
   */
  public ClientSpans(SpanQueue queue, String component) {
    this.queue = queue;
    this.component = component;
  }

  @Override
  public Verdict attempt(Attempt attempt) {
    Exchange exchange = attempt.exchange();
    Trace trace = exchange.trace();
    if (trace != null && attempt.number() > 1) {
      trace.client(trace.server().child(attempt.loop()::random));
      byte[] spanId = trace.client().spanIdText().getBytes(US_ASCII);
      for (int i = 0; i < trace.spanIds(); i++) {
        exchange.overwriteAdded(trace.spanIdPlace(i), spanId);
      }
    }
    if (trace != null) {
      attempt.span(trace.client());
    }
    return Verdict.PASS;
  }

  @Override
  public void end(Attempt attempt) {
    Exchange exchange = attempt.exchange();
    Trace trace = exchange.trace();
    TraceContext span = attempt.span();
    if (trace == null || span == null || queue.refuses()) {
      return;
    }
    List<Attribute> attributes = new ArrayList<>(20);
    attributes.add(Attribute.of("fairlead.component", component));
    SpanTexts.request(attributes, trace.request());
    attributes.add(Attribute.of("url.full", SpanTexts.url(trace.request())));
    attributes.add(Attribute.of("fairlead.cluster", attempt.target().upstream().name()));
    if (!attempt.endpoint().isEmpty()) {
      attributes.add(Attribute.of("fairlead.endpoint", attempt.endpoint()));
    }
    InetSocketAddress at = attempt.endpointAddress();
    if (at != null) {
      attributes.add(Attribute.of("network.peer.address", at.getHostString()));
      attributes.add(Attribute.of("network.peer.port", at.getPort()));
    }
    if (attempt.number() > 1) {
      attributes.add(Attribute.of("http.request.resend_count", attempt.number() - 1));
    }
    queue.offer(
        new SpanRecord(
            span,
            SpanKind.CLIENT,
            SpanTexts.name(trace.request(), exchange.routeOrNull()),
            trace.startEpochNanos() + attempt.startNanos() - exchange.startNanos(),
            Math.max(0, attempt.loop().nanos() - attempt.startNanos()),
            outcome(attempt, attributes),
            attributes));
  }

  private static SpanStatus outcome(Attempt attempt, List<Attribute> attributes) {
    int status = attempt.status();
    Failure failure = attempt.failure();
    if (status > 0) {
      attributes.add(Attribute.of("http.response.status_code", status));
    }
    if (failure == Failure.CANCELLED) {
      attributes.add(Attribute.of("fairlead.reason", "cancelled"));
      return SpanStatus.UNSET;
    }
    if (failure != null) {
      attributes.add(Attribute.of("fairlead.reason", failure.reason().text()));
      attributes.add(Attribute.of("error.type", failure.reason().text()));
    } else if (status >= 500) {
      attributes.add(Attribute.of("error.type", Integer.toString(status)));
    }
    return failure != null || status >= 500 ? SpanStatus.ERROR : SpanStatus.UNSET;
  }
}
