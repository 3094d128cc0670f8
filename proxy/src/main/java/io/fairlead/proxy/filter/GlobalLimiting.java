package io.fairlead.proxy.filter;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.GlobalLimit;
import io.fairlead.proxy.exchange.GlobalLimit.Answer;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.exchange.Reason;
import io.fairlead.proxy.exchange.UnaryCall;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.proxy.grpc.ProtoException;
import io.fairlead.proxy.http1.Head;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Has a service count the requests of a route, for all proxies together, while they wait. What is
 * above a limit is refused with 429.
 *
 * @see <a href="https://www.envoyproxy.io/docs/envoy/latest/api-v3/service/ratelimit/v3/rls.proto">
 *     rls.proto</a>
 */
public final class GlobalLimiting implements Layer {
  private static final String ASK = "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit";

  /** A question that waits for its answer. */
  private static final class Question {
    private @Nullable UnaryCall call;
    private @Nullable LimitAnswer answer;
  }

  @Override
  public Verdict request(Exchange exchange, Head head) {
    GlobalLimit limit = exchange.route().globalLimit();
    byte[] message = limit == null ? null : limit.question(exchange, head);
    if (limit == null || message == null) {
      return Verdict.PASS;
    }
    Question question = new Question();
    exchange.passage().park(question);
    question.call =
        UnaryCall.make(
            exchange,
            limit.target(),
            ASK,
            message,
            outcome -> {
              question.answer = read(outcome);
              if (exchange.passage().parked() == question) {
                exchange.goOn();
              }
            });
    return Verdict.WAIT;
  }

  private static @Nullable LimitAnswer read(UnaryCall.Outcome outcome) {
    return switch (outcome) {
      case UnaryCall.Outcome.Failed failed -> null;
      case UnaryCall.Outcome.Message(var octets) -> {
        try {
          yield LimitAnswer.of(octets);
        } catch (ProtoException malformed) {
          yield null;
        }
      }
    };
  }

  @Override
  public Verdict resumed(Exchange exchange, Head head) {
    GlobalLimit limit = exchange.route().globalLimit();
    LimitAnswer answer =
        exchange.passage().parked() instanceof Question question ? question.answer : null;
    if (limit == null) {
      return Verdict.PASS;
    }
    if (answer == null || answer.verdict() == LimitAnswer.Verdict.UNKNOWN) {
      return silence(limit);
    }
    if (answer.verdict() == LimitAnswer.Verdict.OVER_LIMIT) {
      limit.count(Answer.OVER_LIMIT);
      return refusal(answer);
    }
    limit.count(Answer.PASSED);
    for (String line : answer.added()) {
      exchange.loop().writer().add((line + "\r\n").getBytes(ISO_8859_1));
    }
    if (!answer.fields().isEmpty()) {
      exchange.passage().addToAnswer(String.join("\r\n", answer.fields()) + "\r\n");
    }
    return Verdict.PASS;
  }

  private static Verdict silence(GlobalLimit limit) {
    if (limit.passesInSilence()) {
      limit.count(Answer.PASSED_IN_SILENCE);
      return Verdict.PASS;
    }
    limit.count(Answer.REFUSED_IN_SILENCE);
    return LocalReply.of(
        Reason.RATE_LIMITED, 503, limit.target().upstream().name() + " does not count");
  }

  private static LocalReply refusal(LimitAnswer answer) {
    LocalReply usual = LocalReply.of(Reason.RATE_LIMITED, "more requests than the limit");
    List<String> fields = new ArrayList<>(usual.fields());
    fields.addAll(answer.fields());
    boolean own = answer.body().isEmpty();
    LocalReply reply =
        new LocalReply(
            usual.reason(),
            usual.status(),
            fields,
            own ? usual.contentType() : "text/plain",
            own ? usual.body() : answer.body());
    return answer.resetNanos() > 0 ? reply.retryAfter(answer.resetNanos()) : reply;
  }

  @Override
  public void end(Exchange exchange) {
    if (exchange.passage().parked() instanceof Question question && question.call != null) {
      question.call.cancel();
    }
  }
}
