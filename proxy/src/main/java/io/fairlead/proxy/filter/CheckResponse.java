package io.fairlead.proxy.filter;

import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.exchange.Reason;
import io.fairlead.proxy.grpc.ProtoException;
import io.fairlead.proxy.grpc.ProtoReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads envoy.service.auth.v3.CheckResponse: status 1 (code 1), denied_response 2, ok_response 3.
 * One that asks for what no service may do means nothing. Stateless.
 */
final class CheckResponse {
  private static final int OK = 0;

  /** HeaderValueOption.HeaderAppendAction. */
  private static final int ADD_IF_ABSENT = 1;

  private static final int OVERWRITE_IF_EXISTS = 3;

  private CheckResponse() {}

  /** A field that is to be changed: a line without CR LF, and whether it takes another's place. */
  private record Change(String name, String line, boolean replaces) {}

  static Decision decision(byte[] message) {
    try {
      ProtoReader reader = new ProtoReader(message);
      long code = OK;
      ProtoReader denied = null;
      Decision allowed = new Decision.Allowed(List.of(), "", "");
      while (reader.next()) {
        switch (reader.field()) {
          case 1 -> code = code(reader.message());
          case 2 -> denied = reader.message();
          case 3 -> allowed = allowed(reader.message());
          default -> {}
        }
      }
      return code == OK ? allowed : new Decision.Denied(denied(denied));
    } catch (ProtoException malformed) {
      return new Decision.Silent();
    }
  }

  private static long code(ProtoReader status) throws ProtoException {
    long code = OK;
    while (status.next()) {
      code = status.field() == 1 ? status.number() : code;
    }
    return code;
  }

  /** OkHttpResponse: headers 2, headers_to_remove 5, response_headers_to_add 6. */
  private static Decision allowed(ProtoReader ok) throws ProtoException {
    List<String> dropped = new ArrayList<>();
    StringBuilder added = new StringBuilder();
    StringBuilder answered = new StringBuilder();
    while (ok.next()) {
      switch (ok.field()) {
        case 2 -> {
          Change change = change(ok.message(), true);
          if (change == null) {
            return new Decision.Silent();
          }
          if (change.replaces) {
            dropped.add(change.name);
          }
          added.append(change.line).append("\r\n");
        }
        case 5 -> {
          String name = ok.text().toLowerCase(Locale.ROOT);
          if (FieldLines.forRequest(name, "") == null) {
            return new Decision.Silent();
          }
          dropped.add(name);
        }
        case 6 -> {
          Change change = change(ok.message(), false);
          if (change == null) {
            return new Decision.Silent();
          }
          answered.append(change.line).append("\r\n");
        }
        default -> {}
      }
    }
    return new Decision.Allowed(dropped, added.toString(), answered.toString());
  }

  /**
   * HeaderValueOption: header 1 (key 1, value 2, raw_value 3), append 2 (value 1), append_action 3.
   * Without append and append_action a field of a request is replaced. Null if it may not be set.
   */
  private static @Nullable Change change(ProtoReader option, boolean request)
      throws ProtoException {
    String name = "";
    String value = "";
    boolean append = false;
    long action = 0;
    while (option.next()) {
      switch (option.field()) {
        case 1 -> {
          ProtoReader header = option.message();
          while (header.next()) {
            switch (header.field()) {
              case 1 -> name = header.text();
              case 2, 3 -> value = header.text();
              default -> {}
            }
          }
        }
        case 2 -> {
          ProtoReader flag = option.message();
          while (flag.next()) {
            append = flag.field() == 1 ? flag.flag() : append;
          }
        }
        case 3 -> action = option.number();
        default -> {}
      }
    }
    if (action == ADD_IF_ABSENT || action == OVERWRITE_IF_EXISTS) {
      // Nobody is known to use these two, and guessing would be worse than refusing.
      return null;
    }
    String line = request ? FieldLines.forRequest(name, value) : FieldLines.forAnswer(name, value);
    return line == null ? null : new Change(name.toLowerCase(Locale.ROOT), line, !append);
  }

  /** DeniedHttpResponse: status 1 (code 1), headers 2, body 3. */
  private static LocalReply denied(@Nullable ProtoReader denied) throws ProtoException {
    long status = 0;
    String body = "";
    String contentType = "text/plain";
    List<String> fields = new ArrayList<>();
    while (denied != null && denied.next()) {
      switch (denied.field()) {
        case 1 -> status = code(denied.message());
        case 2 -> {
          ProtoReader option = denied.message();
          String type = contentType(option);
          contentType = type == null ? contentType : type;
          Change change = type == null ? change(denied.message(), false) : null;
          if (change != null) {
            fields.add(change.line);
          }
        }
        case 3 -> body = denied.text();
        default -> {}
      }
    }
    boolean usual = status < 200 || status > 599;
    return new LocalReply(
        Reason.FORBIDDEN,
        usual ? Reason.FORBIDDEN.status() : (int) status,
        fields,
        contentType,
        body);
  }

  private static @Nullable String contentType(ProtoReader option) throws ProtoException {
    String name = "";
    String value = "";
    while (option.next()) {
      ProtoReader header = option.field() == 1 ? option.message() : null;
      while (header != null && header.next()) {
        switch (header.field()) {
          case 1 -> name = header.text();
          case 2, 3 -> value = header.text();
          default -> {}
        }
      }
    }
    boolean valid = FieldLines.forRequest("content-type", value) != null;
    return name.equalsIgnoreCase("content-type") && valid ? value : null;
  }
}
