package io.fairlead.proxy.filter;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.Gathering;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.exchange.Reason;
import io.fairlead.proxy.exchange.ResponseFlag;
import io.fairlead.proxy.exchange.Target;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.loop.Loop;
import io.fairlead.proxy.metric.CheckCounts;
import io.fairlead.proxy.metric.CheckCounts.Outcome;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.HttpFilter.ExternalAuthorization;
import io.fairlead.traffic.HttpFilter.ExternalAuthorization.CheckedBody;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Asks a service about each request, perhaps with a part of its body, while the request waits. The
 * request passes with what the service adds, or the client gets what the service answers; without
 * an answer the configuration decides.
 */
public final class ExternalAuthorizing implements Layer {
  /** How long the part of a body may take that the service is told. */
  private static final long BODY_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final ExternalAuthorization settings;
  private final String service;
  private final Judge judge;
  private final CheckCounts counts;

  /** What is known of one request while it waits. */
  private static final class Case {
    private @Nullable Gathering body;
    private Loop.@Nullable Timer patience;
    private boolean late;
    private Judge.@Nullable Question question;
    private @Nullable Decision decision;
  }

  /**
   * @param listener the address of the listener
   * @param target whose requests are not guarded
   */
  public ExternalAuthorizing(
      ExternalAuthorization settings, HostPort listener, Target target, CheckCounts counts) {
    this.settings = settings;
    this.counts = counts;
    service = target.upstream().name();
    judge =
        switch (settings.service()) {
          case ExternalAuthorization.Service.Http http ->
              new HttpJudge(http, settings.requestHeaders(), target);
          case ExternalAuthorization.Service.Grpc grpc ->
              new GrpcJudge(grpc, settings.requestHeaders(), listener, target);
        };
  }

  @Override
  public Verdict request(Exchange exchange, Head head) {
    Case present = new Case();
    exchange.passage().park(present);
    CheckedBody wanted = settings.body().orElse(null);
    if (wanted == null || !head.hasBody()) {
      ask(present, new Judge.Subject(exchange, head, new byte[0], false));
      return Verdict.WAIT;
    }
    Gathering body = exchange.passage().gather(head, wanted.maxBytes());
    present.body = body;
    present.patience =
        exchange
            .loop()
            .schedule(
                () -> {
                  present.late = true;
                  body.end();
                  exchange.goOn();
                },
                BODY_NANOS);
    return Verdict.WAIT;
  }

  private void ask(Case present, Judge.Subject subject) {
    Exchange exchange = subject.exchange();
    present.question =
        judge.ask(
            subject,
            decision -> {
              present.decision = decision;
              if (exchange.passage().parked() == present) {
                exchange.goOn();
              }
            });
  }

  @Override
  public Verdict resumed(Exchange exchange, Head head) {
    Case present = exchange.passage().parked() instanceof Case found ? found : new Case();
    Gathering body = present.body;
    if (present.question == null && body != null) {
      return bodyCame(present, body, exchange, head);
    }
    // What only the service may say is taken out even where it says nothing.
    judge.strip(head);
    return switch (present.decision) {
      case Decision.Allowed allowed -> {
        counts.add(Outcome.OK);
        allowed.dropped().forEach(name -> head.dropAll(name.getBytes(ISO_8859_1)));
        exchange.loop().writer().add(allowed.added().getBytes(ISO_8859_1));
        if (!allowed.answered().isEmpty()) {
          exchange.passage().addToAnswer(allowed.answered());
        }
        yield Verdict.PASS;
      }
      case Decision.Denied(var reply) -> {
        counts.add(Outcome.DENIED);
        exchange.mark(ResponseFlag.UNAUTHORIZED_EXTERNAL_SERVICE);
        yield reply;
      }
      case null, default -> silence(exchange);
    };
  }

  private Verdict bodyCame(Case present, Gathering body, Exchange exchange, Head head) {
    stop(present);
    if (present.late) {
      return LocalReply.of(Reason.REQUEST_TIMEOUT, "the body comes too slowly");
    }
    boolean cut = body.isCut();
    if (cut
        && settings.body().map(CheckedBody::longer).orElse(null) == CheckedBody.Longer.REFUSED) {
      return LocalReply.of(
          Reason.BODY_TOO_LARGE, "a body that " + service + " is told of may not be so long");
    }
    ask(present, new Judge.Subject(exchange, head, body.octets(), cut));
    return Verdict.WAIT;
  }

  private Verdict silence(Exchange exchange) {
    return switch (settings.failureMode()) {
      case ALLOW -> {
        counts.add(Outcome.FAILURE_MODE_ALLOWED);
        yield Verdict.PASS;
      }
      case REFUSE -> {
        counts.add(Outcome.ERROR);
        exchange.mark(ResponseFlag.UNAUTHORIZED_EXTERNAL_SERVICE);
        yield LocalReply.of(Reason.FORBIDDEN, settings.errorStatus(), service + " is silent");
      }
    };
  }

  private static void stop(Case present) {
    if (present.patience != null) {
      present.patience.cancel();
      present.patience = null;
    }
  }

  @Override
  public void end(Exchange exchange) {
    if (exchange.passage().parked() instanceof Case present) {
      stop(present);
      if (present.question != null) {
        present.question.cancel();
      }
    }
  }
}
