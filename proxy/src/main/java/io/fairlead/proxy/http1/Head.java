package io.fairlead.proxy.http1;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One message head as the octets that arrived and the places of its parts in them. A parser fills
 * it, layers read it, mark fields to drop and choose another path, and a {@link HeadWriter} makes
 * the octets that go on. Nothing is decoded to objects on the way.
 *
 * <p>It belongs to one event loop and is used again for the next message: whoever needs a part
 * beyond the turn in which the head was parsed takes a copy.
 *
 * <p>Requests have a method, a target and an authority, answers a status; the parts of the other
 * kind are stale. Ranges are {@code from} inclusive, {@code to} exclusive.
 */
public final class Head {
  private static final int STRIDE = 4;
  private static final byte[] EMPTY = {};

  final byte[] octets;
  final int maxFields;
  private final int[] places;
  private final @Nullable Field[] known;
  private final boolean[] dropped;

  /** The known fields that are in the head, by their ordinals: most searches find nothing. */
  private long present;

  int length;
  int fields;
  boolean http10;
  int status;
  Method method = Method.OTHER;
  int methodTo;
  int targetFrom;
  int targetTo;
  boolean originForm;
  int authorityFrom;
  int authorityTo;
  byte[] path = EMPTY;
  int pathFrom;
  int pathTo;
  int queryFrom;
  byte[] pathPrefix = EMPTY;
  boolean targetChanged;
  long contentLength;
  boolean chunked;

  /** The coding is chunked, but not written as everybody writes it. */
  boolean oddCoding;

  boolean persistent;
  boolean expectsContinue;
  boolean wantsWebSocket;
  int hosts;
  int hostFrom;
  int hostTo;
  private byte @Nullable [] normalPath;

  Head(Http1Limits limits) {
    octets = new byte[limits.headBytes()];
    maxFields = limits.fields();
    places = new int[maxFields * STRIDE];
    known = new Field[maxFields];
    dropped = new boolean[maxFields];
  }

  /** A copy with all marks and changes, for whoever needs the head beyond the present turn. */
  public Head copy() {
    return new Head(this);
  }

  private Head(Head other) {
    octets = Arrays.copyOf(other.octets, other.length);
    maxFields = other.fields;
    places = Arrays.copyOf(other.places, other.fields * STRIDE);
    known = Arrays.copyOf(other.known, other.fields);
    dropped = Arrays.copyOf(other.dropped, other.fields);
    present = other.present;
    length = other.length;
    fields = other.fields;
    http10 = other.http10;
    status = other.status;
    method = other.method;
    methodTo = other.methodTo;
    targetFrom = other.targetFrom;
    targetTo = other.targetTo;
    originForm = other.originForm;
    authorityFrom = other.authorityFrom;
    authorityTo = other.authorityTo;
    path = other.path == other.octets ? octets : Arrays.copyOf(other.path, other.pathTo);
    pathFrom = other.pathFrom;
    pathTo = other.pathTo;
    queryFrom = other.queryFrom;
    pathPrefix = other.pathPrefix;
    targetChanged = other.targetChanged;
    contentLength = other.contentLength;
    chunked = other.chunked;
    oddCoding = other.oddCoding;
    persistent = other.persistent;
    expectsContinue = other.expectsContinue;
    wantsWebSocket = other.wantsWebSocket;
    hosts = other.hosts;
    hostFrom = other.hostFrom;
    hostTo = other.hostTo;
  }

  void clear() {
    length = 0;
    fields = 0;
    present = 0;
    contentLength = -1;
    chunked = false;
    oddCoding = false;
    expectsContinue = false;
    wantsWebSocket = false;
    hosts = hostFrom = hostTo = 0;
    authorityFrom = authorityTo = 0;
    pathPrefix = EMPTY;
    targetChanged = false;
  }

  void addField(int nameFrom, int nameTo, int valueFrom, int valueTo, @Nullable Field field) {
    int at = fields * STRIDE;
    places[at] = nameFrom;
    places[at + 1] = nameTo;
    places[at + 2] = valueFrom;
    places[at + 3] = valueTo;
    known[fields] = field;
    present |= field == null ? 0 : 1L << field.ordinal();
    dropped[fields] = false;
    fields++;
  }

  /** The array for a path that had to be rewritten; as large as the head, made at first use. */
  byte[] normalPath() {
    byte[] array = normalPath;
    if (array == null) {
      array = new byte[octets.length];
      normalPath = array;
    }
    return array;
  }

  /** The octets that the ranges of fields, method, authority and query point into. */
  public byte[] octets() {
    return octets;
  }

  /** Octets of the head as it arrived, the empty line included. */
  public int length() {
    return length;
  }

  /** Whether the sender speaks HTTP/1.0. */
  public boolean isHttp10() {
    return http10;
  }

  /** The status code of an answer. */
  public int status() {
    return status;
  }

  /** Makes of an answer one that switches protocols, whatever its status was. */
  public void switchProtocols() {
    octets[9] = '1';
    octets[10] = '0';
    octets[11] = '1';
    status = 101;
  }

  public Method method() {
    return method;
  }

  /** The name of the method. */
  public String methodText() {
    return text(octets, 0, methodTo);
  }

  /** End of the method's name, which begins at 0 in {@link #octets}. */
  public int methodTo() {
    return methodTo;
  }

  /** Whether the method has this name, compared with its case. */
  public boolean methodIs(byte[] name) {
    return Octets.equals(octets, 0, methodTo, name);
  }

  /** The range of the request target in {@link #octets}. */
  public int targetFrom() {
    return targetFrom;
  }

  public int targetTo() {
    return targetTo;
  }

  /** Start of host and port of the target, in {@link #octets}; empty for HTTP/1.0 without Host. */
  public int authorityFrom() {
    return authorityFrom;
  }

  public int authorityTo() {
    return authorityTo;
  }

  /** Host and port of the target as they were sent. */
  public String authority() {
    return text(octets, authorityFrom, authorityTo);
  }

  /**
   * The octets that the path's range points into. The path is normal: no dot segments, no encoded
   * unreserved characters, upper-case encodings (RFC 3986 section 6.2.2).
   */
  public byte[] path() {
    return path;
  }

  public int pathFrom() {
    return pathFrom;
  }

  public int pathTo() {
    return pathTo;
  }

  /** The path without the query. */
  public String pathText() {
    return text(path, pathFrom, pathTo);
  }

  /** The query with its question mark, or nothing. */
  public String queryText() {
    return text(octets, queryFrom, targetTo);
  }

  /** Start of the query in {@link #octets}, its question mark included. */
  public int queryFrom() {
    return queryFrom;
  }

  public int queryTo() {
    return targetTo;
  }

  /**
   * Sends another path on: {@code prefix} followed by what remains after the first {@code skip}
   * octets of the path. The path that layers see stays as it was.
   */
  public void replacePath(byte[] prefix, int skip) {
    if (skip < 0 || skip > pathTo - pathFrom) {
      throw new IllegalArgumentException("skip: must be 0 to the path's length, was " + skip);
    }
    pathPrefix = prefix;
    pathFrom += skip;
    targetChanged = true;
  }

  /** Field lines of the head. */
  public int fields() {
    return fields;
  }

  /** The field at a place, if it is one that the proxy knows. */
  public @Nullable Field known(int index) {
    return known[index];
  }

  public int nameFrom(int index) {
    return places[index * STRIDE];
  }

  public int nameTo(int index) {
    return places[index * STRIDE + 1];
  }

  public int valueFrom(int index) {
    return places[index * STRIDE + 2];
  }

  public int valueTo(int index) {
    return places[index * STRIDE + 3];
  }

  /** The value without the space around it; octets beyond ASCII as ISO-8859-1. */
  public String value(int index) {
    return text(octets, valueFrom(index), valueTo(index));
  }

  /** End of the field line, its CR LF included. */
  int lineTo(int index) {
    return index + 1 < fields ? places[(index + 1) * STRIDE] : length - 2;
  }

  /** The place of the first line of a field from {@code start} on, or -1. */
  public int find(Field field, int start) {
    if ((present & 1L << field.ordinal()) == 0) {
      return -1;
    }
    for (int i = start; i < fields; i++) {
      if (known[i] == field && !dropped[i]) {
        return i;
      }
    }
    return -1;
  }

  /** The place of the first line with this name in lower case from {@code start} on, or -1. */
  public int find(byte[] lowerName, int start) {
    for (int i = start; i < fields; i++) {
      if (!dropped[i] && Octets.equalsLower(octets, nameFrom(i), nameTo(i), lowerName)) {
        return i;
      }
    }
    return -1;
  }

  /** Leaves a field line out of what goes on. */
  public void drop(int index) {
    dropped[index] = true;
  }

  /** Leaves every line of a field out of what goes on. */
  public void dropAll(Field field) {
    for (int i = find(field, 0); i >= 0; i = find(field, i + 1)) {
      dropped[i] = true;
    }
  }

  /** Leaves every line with this name, given in lower case, out of what goes on. */
  public void dropAll(byte[] lowerName) {
    for (int i = find(lowerName, 0); i >= 0; i = find(lowerName, i + 1)) {
      dropped[i] = true;
    }
  }

  /** Whether a field line is left out of what goes on. */
  public boolean isDropped(int index) {
    return dropped[index];
  }

  /** The value of Content-Length, or -1. */
  public long contentLength() {
    return contentLength;
  }

  /** Whether the body comes in chunks. */
  public boolean isChunked() {
    return chunked;
  }

  /** Whether a request announces a body; answers also depend on method and status. */
  public boolean hasBody() {
    return chunked || contentLength > 0;
  }

  /** Whether the sender keeps the connection after this message (RFC 9112 section 9.3). */
  public boolean isPersistent() {
    return persistent;
  }

  /** Whether a request asks for, or an answer makes, a WebSocket (RFC 6455 section 4). */
  public boolean wantsWebSocket() {
    return wantsWebSocket;
  }

  /** Whether the client waits for 100 (Continue) before it sends the body. */
  public boolean expectsContinue() {
    return expectsContinue;
  }

  private static String text(byte[] octets, int from, int to) {
    return new String(octets, from, to - from, StandardCharsets.ISO_8859_1);
  }
}
