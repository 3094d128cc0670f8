package io.fairlead.proxy.filter;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.exchange.Reason;
import io.fairlead.proxy.exchange.ResponseFlag;
import io.fairlead.proxy.exchange.Subrequest;
import io.fairlead.proxy.exchange.Target;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.proxy.http1.Head;
import io.fairlead.traffic.HttpFilter.ExternalAuthorization;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Asks a service about each request, with its method, path, host and some of its headers, while the
 * request waits. 200 lets it pass with what the service adds; another answer below 500 goes to the
 * client; without one the configuration decides.
 */
public final class ExternalAuthorizing implements Layer {
  private static final Set<String> NOT_PASSED_ON =
      Set.of(
          "content-length", "content-type", "transfer-encoding", "connection", "date", "trailer");

  private final ExternalAuthorization settings;
  private final Target target;
  private final List<byte[]> asked;
  private final List<byte[]> added;

  /** The outcome of one question, while the request waits for it. */
  private static final class Question {
    private @Nullable Subrequest request;
    private @Nullable Head answer;
    private byte[] body = {};
  }

  public ExternalAuthorizing(ExternalAuthorization settings, Target target) {
    this.settings = settings;
    this.target = target;
    asked =
        Stream.concat(Stream.of("authorization"), settings.requestHeaders().stream())
            .distinct()
            .map(name -> name.getBytes(ISO_8859_1))
            .toList();
    added = settings.upstreamHeaders().stream().map(name -> name.getBytes(ISO_8859_1)).toList();
  }

  @Override
  public Verdict request(Exchange exchange, Head head) {
    Question question = new Question();
    exchange.passage().park(question);
    question.request =
        Subrequest.send(
            exchange,
            target,
            exchange.method(),
            head(head),
            (answer, body) -> {
              question.answer = answer;
              question.body = body;
              if (exchange.passage().parked() == question) {
                exchange.goOn();
              }
            });
    return Verdict.WAIT;
  }

  private byte[] head(Head head) {
    StringBuilder out = new StringBuilder(256);
    out.append(head.methodText()).append(' ').append(settings.pathPrefix());
    out.append(head.pathText()).append(head.queryText()).append(" HTTP/1.1\r\n");
    String authority = head.authority();
    out.append("host: ").append(authority.isEmpty() ? settings.cluster() : authority);
    out.append("\r\ncontent-length: 0\r\n");
    for (byte[] name : asked) {
      for (int i = head.find(name, 0); i >= 0; i = head.find(name, i + 1)) {
        out.append(new String(name, ISO_8859_1)).append(": ").append(head.value(i));
        out.append("\r\n");
      }
    }
    return out.append("\r\n").toString().getBytes(ISO_8859_1);
  }

  @Override
  public Verdict resumed(Exchange exchange, Head head) {
    // What only the service may say is taken out even where it says nothing.
    added.forEach(head::dropAll);
    Head answer = exchange.passage().parked() instanceof Question question ? question.answer : null;
    if (answer == null || answer.status() >= 500) {
      return switch (settings.failureMode()) {
        case ALLOW -> Verdict.PASS;
        case REFUSE -> {
          exchange.mark(ResponseFlag.UNAUTHORIZED_EXTERNAL_SERVICE);
          yield LocalReply.of(Reason.FORBIDDEN, target.upstream().name() + " is silent");
        }
      };
    }
    if (answer.status() != 200) {
      return denial(exchange, answer);
    }
    for (byte[] name : added) {
      byte[] nameColon = (new String(name, ISO_8859_1) + ": ").getBytes(ISO_8859_1);
      for (int i = answer.find(name, 0); i >= 0; i = answer.find(name, i + 1)) {
        exchange
            .loop()
            .writer()
            .add(nameColon, answer.octets(), answer.valueFrom(i), answer.valueTo(i));
      }
    }
    return Verdict.PASS;
  }

  private LocalReply denial(Exchange exchange, Head answer) {
    exchange.mark(ResponseFlag.UNAUTHORIZED_EXTERNAL_SERVICE);
    List<String> fields = new ArrayList<>();
    String contentType = "text/plain";
    for (int i = 0; i < answer.fields(); i++) {
      int from = answer.nameFrom(i);
      String name =
          new String(answer.octets(), from, answer.nameTo(i) - from, ISO_8859_1)
              .toLowerCase(Locale.ROOT);
      if (name.equals("content-type")) {
        contentType = answer.value(i);
      } else if (!NOT_PASSED_ON.contains(name)
          && (settings.clientHeaders().isEmpty() || settings.clientHeaders().contains(name))) {
        fields.add(name + ": " + answer.value(i));
      }
    }
    byte[] body =
        exchange.passage().parked() instanceof Question question ? question.body : new byte[0];
    return new LocalReply(
        Reason.FORBIDDEN, answer.status(), fields, contentType, new String(body, UTF_8));
  }

  @Override
  public void end(Exchange exchange) {
    if (exchange.passage().parked() instanceof Question question && question.request != null) {
      question.request.cancel();
    }
  }
}
