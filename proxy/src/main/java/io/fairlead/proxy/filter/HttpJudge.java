package io.fairlead.proxy.filter;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.exchange.Reason;
import io.fairlead.proxy.exchange.Subrequest;
import io.fairlead.proxy.exchange.Target;
import io.fairlead.proxy.http1.Head;
import io.fairlead.traffic.HttpFilter.ExternalAuthorization.Service;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Asks by a request with the method, path, host and some of the headers of the one that is asked
 * about. 200 lets it pass with what the service adds; another answer below 500 goes to the client.
 */
final class HttpJudge implements Judge {
  private final Service.Http settings;
  private final Target target;
  private final List<byte[]> asked;
  private final List<byte[]> added;

  HttpJudge(Service.Http settings, List<String> requestHeaders, Target target) {
    this.settings = settings;
    this.target = target;
    asked =
        Stream.concat(Stream.of("authorization"), requestHeaders.stream())
            .distinct()
            .map(name -> name.getBytes(ISO_8859_1))
            .toList();
    added = settings.upstreamHeaders().stream().map(name -> name.getBytes(ISO_8859_1)).toList();
  }

  @Override
  public Question ask(Subject subject, Consumer<Decision> told) {
    byte[] head = head(subject.head(), subject.body().length, subject.cut());
    byte[] whole = new byte[head.length + subject.body().length];
    System.arraycopy(head, 0, whole, 0, head.length);
    System.arraycopy(subject.body(), 0, whole, head.length, subject.body().length);
    return Subrequest.send(
            subject.exchange(),
            target,
            subject.exchange().method(),
            whole,
            (answer, body) -> told.accept(decision(answer, body)))
        ::cancel;
  }

  private byte[] head(Head head, int length, boolean cut) {
    StringBuilder out = new StringBuilder(256);
    out.append(head.methodText()).append(' ').append(settings.pathPrefix());
    out.append(head.pathText()).append(head.queryText()).append(" HTTP/1.1\r\n");
    String authority = head.authority();
    out.append("host: ").append(authority.isEmpty() ? target.upstream().name() : authority);
    out.append("\r\ncontent-length: ").append(length).append("\r\n");
    if (length > 0) {
      out.append(CheckRequest.PARTIAL).append(": ").append(cut).append("\r\n");
    }
    for (byte[] name : asked) {
      for (int i = head.find(name, 0); i >= 0; i = head.find(name, i + 1)) {
        out.append(new String(name, ISO_8859_1)).append(": ").append(head.value(i));
        out.append("\r\n");
      }
    }
    return out.append("\r\n").toString().getBytes(ISO_8859_1);
  }

  @Override
  public void strip(Head head) {
    added.forEach(head::dropAll);
  }

  private Decision decision(@Nullable Head answer, byte[] body) {
    if (answer == null || answer.status() >= 500) {
      return new Decision.Silent();
    }
    if (answer.status() != 200) {
      return new Decision.Denied(denial(answer, body));
    }
    StringBuilder lines = new StringBuilder();
    for (byte[] name : added) {
      for (int i = answer.find(name, 0); i >= 0; i = answer.find(name, i + 1)) {
        lines.append(new String(name, ISO_8859_1)).append(": ").append(answer.value(i));
        lines.append("\r\n");
      }
    }
    return new Decision.Allowed(List.of(), lines.toString(), "");
  }

  private LocalReply denial(Head answer, byte[] body) {
    List<String> fields = new ArrayList<>();
    String contentType = "text/plain";
    for (int i = 0; i < answer.fields(); i++) {
      int from = answer.nameFrom(i);
      String name =
          new String(answer.octets(), from, answer.nameTo(i) - from, ISO_8859_1)
              .toLowerCase(Locale.ROOT);
      if (name.equals("content-type")) {
        contentType = answer.value(i);
      } else if (FieldLines.mayAnswer(name)
          && (settings.clientHeaders().isEmpty() || settings.clientHeaders().contains(name))) {
        fields.add(name + ": " + answer.value(i));
      }
    }
    return new LocalReply(
        Reason.FORBIDDEN, answer.status(), fields, contentType, new String(body, UTF_8));
  }
}
