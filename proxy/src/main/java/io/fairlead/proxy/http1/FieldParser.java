package io.fairlead.proxy.http1;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads the field lines of a head and what they say about the connection and the body. As strict as
 * RFC 9112 allows wherever two readers could disagree: no folding, no bare LF or CR, no space
 * before the colon, one Content-Length, nothing but one {@code chunked} as Transfer-Encoding.
 */
final class FieldParser {
  static final int INCOMPLETE = 0;
  static final int FAULTY = -1;

  /** More connection options than this are an attempt to make the search below expensive. */
  private static final int MAX_CONNECTION_OPTIONS = 32;

  private static final byte[] CHUNKED = "chunked".getBytes(US_ASCII);
  private static final byte[] CLOSE = "close".getBytes(US_ASCII);
  private static final byte[] KEEP_ALIVE = "keep-alive".getBytes(US_ASCII);
  private static final byte[] UPGRADE = "upgrade".getBytes(US_ASCII);
  private static final byte[] CONTINUE = "100-continue".getBytes(US_ASCII);
  private static final byte[] WEBSOCKET = "websocket".getBytes(US_ASCII);

  private final Head head;
  private @Nullable Fault fault;
  private final int[] options = new int[2 * MAX_CONNECTION_OPTIONS];
  private int optionCount;
  private boolean closes;
  private boolean keepsAlive;
  private boolean upgrades;
  private boolean webSocket;

  FieldParser(Head head) {
    this.head = head;
  }

  /** Why the last parse was {@link #FAULTY}. */
  Fault fault() {
    Fault found = fault;
    if (found == null) {
      throw new IllegalStateException("the head has no fault");
    }
    return found;
  }

  int fail(Fault found) {
    fault = found;
    return FAULTY;
  }

  /**
   * Parses the lines from {@code at} to the empty line.
   *
   * @return the end of the head, {@link #INCOMPLETE} or {@link #FAULTY}
   */
  int parse(int at, int end) {
    begin();
    byte[] b = head.octets;
    int line = at;
    while (line < end) {
      if (b[line] == Octets.CR) {
        if (line + 1 == end) {
          return INCOMPLETE;
        }
        return b[line + 1] == Octets.LF ? finish(line + 2) : fail(Fault.BARE_CR);
      }
      int colon = line;
      while (colon < end && Octets.is(b[colon], Octets.TOKEN)) {
        colon++;
      }
      if (colon == end) {
        return INCOMPLETE;
      }
      if (b[colon] != ':' || colon == line) {
        return fail(nameFault(b[colon], colon == line));
      }
      int value = colon + 1;
      while (value < end && Octets.isSpace(b[value])) {
        value++;
      }
      int stop = endOfValue(b, value, end);
      if (stop + 1 >= end && (stop == end || b[stop] == Octets.CR)) {
        return INCOMPLETE;
      }
      if (b[stop] != Octets.CR || b[stop + 1] != Octets.LF) {
        return fail(valueFault(b[stop]));
      }
      if (!accept(line, colon, value, stop)) {
        return FAULTY;
      }
      line = stop + 2;
    }
    return INCOMPLETE;
  }

  /** Forgets what the fields of the last head said. */
  void begin() {
    closes = keepsAlive = upgrades = webSocket = false;
    optionCount = 0;
  }

  private static int endOfValue(byte[] b, int from, int end) {
    int at = from;
    while (at < end && Octets.is(b[at], Octets.VALUE)) {
      at++;
    }
    return at;
  }

  private static Fault nameFault(byte octet, boolean atStart) {
    if (octet == Octets.LF) {
      return Fault.BARE_LF;
    }
    if (!Octets.isSpace(octet)) {
      return Fault.FIELD_NAME;
    }
    return atStart ? Fault.LINE_FOLDING : Fault.SPACE_BEFORE_COLON;
  }

  private static Fault valueFault(byte octet) {
    return switch (octet) {
      case Octets.LF -> Fault.BARE_LF;
      case Octets.CR -> Fault.BARE_CR;
      default -> Fault.FIELD_VALUE;
    };
  }

  private boolean accept(int nameFrom, int nameTo, int valueFrom, int stop) {
    if (head.fields == head.maxFields) {
      fault = Fault.TOO_MANY_FIELDS;
      return false;
    }
    byte[] b = head.octets;
    int valueTo = stop;
    while (valueTo > valueFrom && Octets.isSpace(b[valueTo - 1])) {
      valueTo--;
    }
    Field field = Field.of(b, nameFrom, nameTo);
    head.addField(nameFrom, nameTo, valueFrom, valueTo, field);
    Fault found = field == null ? null : check(field, valueFrom, valueTo);
    fault = found;
    return found == null;
  }

  private @Nullable Fault check(Field field, int from, int to) {
    return switch (field) {
      case CONTENT_LENGTH -> length(from, to);
      case TRANSFER_ENCODING -> coding(from, to);
      case HOST -> {
        head.hosts++;
        head.hostFrom = from;
        head.hostTo = to;
        yield null;
      }
      case CONNECTION -> {
        head.drop(head.fields - 1);
        yield options(from, to);
      }
      case KEEP_ALIVE, PROXY_CONNECTION, PROXY_AUTHORIZATION, TE -> {
        head.drop(head.fields - 1);
        yield null;
      }
      case UPGRADE -> {
        head.drop(head.fields - 1);
        webSocket |= Octets.equalsLower(head.octets, from, to, WEBSOCKET);
        yield null;
      }
      case EXPECT -> {
        head.expectsContinue |= Octets.equalsLower(head.octets, from, to, CONTINUE);
        yield null;
      }
      case COOKIE,
          TRAILER,
          TRACEPARENT,
          TRACESTATE,
          B3,
          X_B3_TRACE_ID,
          X_B3_SPAN_ID,
          X_B3_PARENT_SPAN_ID,
          X_B3_SAMPLED,
          X_B3_FLAGS,
          X_FORWARDED_FOR,
          X_FORWARDED_PROTO,
          X_FORWARDED_CLIENT_CERT,
          X_REQUEST_ID,
          ORIGIN,
          ACCESS_CONTROL_REQUEST_METHOD,
          ACCESS_CONTROL_REQUEST_HEADERS,
          X_FAIRLEAD_REASON ->
          null;
    };
  }

  private @Nullable Fault length(int from, int to) {
    if (head.contentLength >= 0) {
      return Fault.LENGTH_REPEATED;
    }
    if (from == to || to - from > 18) {
      return Fault.LENGTH_INVALID;
    }
    long value = 0;
    for (int i = from; i < to; i++) {
      int digit = head.octets[i] - '0';
      if (digit < 0 || digit > 9) {
        return Fault.LENGTH_INVALID;
      }
      value = value * 10 + digit;
    }
    head.contentLength = value;
    return null;
  }

  private @Nullable Fault coding(int from, int to) {
    if (head.chunked) {
      return Fault.CODING_INVALID;
    }
    if (Octets.equalsLower(head.octets, from, to, CHUNKED)) {
      head.chunked = true;
      head.oddCoding = !isUsual(from, to);
      return null;
    }
    // A list that holds chunked is either a coding we do not speak before it, or an error.
    String list =
        new String(head.octets, from, to - from, US_ASCII).toLowerCase(java.util.Locale.ROOT);
    int first = list.indexOf("chunked");
    boolean last = list.endsWith("chunked");
    boolean once = first == list.length() - CHUNKED.length;
    return list.isEmpty() || first >= 0 && !(last && once)
        ? Fault.CODING_INVALID
        : Fault.CODING_UNSUPPORTED;
  }

  /** Whether a reader that takes no other spelling would take this one. */
  private boolean isUsual(int from, int to) {
    byte[] b = head.octets;
    return b[from - 2] == ':'
        && b[from - 1] == ' '
        && Arrays.equals(b, from, to, CHUNKED, 0, CHUNKED.length);
  }

  private @Nullable Fault options(int from, int to) {
    byte[] b = head.octets;
    int at = from;
    while (at < to) {
      int stop = at;
      while (stop < to && b[stop] != ',') {
        stop++;
      }
      int first = at;
      int last = stop;
      while (first < last && Octets.isSpace(b[first])) {
        first++;
      }
      while (last > first && Octets.isSpace(b[last - 1])) {
        last--;
      }
      Fault found = first == last ? null : option(first, last);
      if (found != null) {
        return found;
      }
      at = stop + 1;
    }
    return null;
  }

  private @Nullable Fault option(int from, int to) {
    byte[] b = head.octets;
    for (int i = from; i < to; i++) {
      if (!Octets.is(b[i], Octets.TOKEN)) {
        return Fault.CONNECTION_INVALID;
      }
    }
    if (Octets.equalsLower(b, from, to, CLOSE)) {
      closes = true;
    } else if (Octets.equalsLower(b, from, to, KEEP_ALIVE)) {
      keepsAlive = true;
    } else if (Octets.equalsLower(b, from, to, UPGRADE)) {
      upgrades = true;
    } else if (framesMessage(Field.of(b, from, to)) || optionCount == MAX_CONNECTION_OPTIONS) {
      return Fault.CONNECTION_INVALID;
    } else {
      options[2 * optionCount] = from;
      options[2 * optionCount + 1] = to;
      optionCount++;
    }
    return null;
  }

  /** Dropping one of these on a sender's word would change which message the next hop reads. */
  private static boolean framesMessage(@Nullable Field field) {
    return field == Field.HOST || field == Field.CONTENT_LENGTH || field == Field.TRANSFER_ENCODING;
  }

  /** Takes a line that needs no parsing; returns whether it may stand. */
  boolean accept(int nameFrom, int nameTo, int valueTo, @Nullable Field field) {
    if (head.fields == head.maxFields) {
      fault = Fault.TOO_MANY_FIELDS;
      return false;
    }
    head.addField(nameFrom, nameTo, nameTo + 2, valueTo, field);
    Fault found = field == null ? null : check(field, nameTo + 2, valueTo);
    fault = found;
    return found == null;
  }

  /** Draws the conclusions from all fields; the end of the head or {@link #FAULTY}. */
  int finish(int end) {
    head.length = end;
    if (head.chunked && head.contentLength >= 0) {
      return fail(Fault.LENGTH_AND_CODING);
    }
    if (head.chunked && head.http10) {
      return fail(Fault.CODING_IN_HTTP_1_0);
    }
    head.persistent = !closes && (keepsAlive || !head.http10);
    head.expectsContinue &= !head.http10;
    head.wantsWebSocket = webSocket && upgrades;
    dropNamedByConnection();
    return end;
  }

  private void dropNamedByConnection() {
    byte[] b = head.octets;
    for (int option = 0; option < optionCount; option++) {
      int from = options[2 * option];
      int to = options[2 * option + 1];
      for (int i = 0; i < head.fields; i++) {
        if (head.nameTo(i) - head.nameFrom(i) == to - from
            && sameName(b, head.nameFrom(i), from, to)) {
          head.drop(i);
        }
      }
    }
  }

  private static boolean sameName(byte[] b, int name, int from, int to) {
    for (int i = from; i < to; i++) {
      if (Octets.lower(b[name + i - from]) != Octets.lower(b[i])) {
        return false;
      }
    }
    return true;
  }
}
