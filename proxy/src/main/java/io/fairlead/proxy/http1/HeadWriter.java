package io.fairlead.proxy.http1;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;

/**
 * Assembles the head that goes on from the one that came: the ranges that stay, another path or
 * version where needed, and the fields that were added. Works on arrays that are used again for
 * every message; one per event loop, not thread-safe.
 *
 * <p>{@link #begin()}, then any number of {@code add}, then {@link #request} or {@link #response},
 * then {@link #place} or {@link #writeTo}. Additions that exceed the bound are refused when the
 * head is assembled.
 */
public final class HeadWriter {
  /** The head does not fit with its additions. */
  public static final int TOO_LARGE = -1;

  private static final byte[] REQUEST_VERSION = " HTTP/1.1\r\n".getBytes(US_ASCII);
  private static final byte[] RESPONSE_VERSION = "HTTP/1.1".getBytes(US_ASCII);

  private static final byte[] CHUNKED = "transfer-encoding: chunked\r\n".getBytes(US_ASCII);

  private final byte[] out;
  private final byte[] added;
  private int length;
  private int addedLength;
  private int addedFrom;
  private boolean overflow;

  /** A writer for heads within the limits plus {@code addedBytes} of fields and path. */
  public HeadWriter(Http1Limits limits, int addedBytes) {
    out = new byte[limits.headBytes() + addedBytes];
    added = new byte[addedBytes];
  }

  /** Forgets the last head and its additions. */
  public void begin() {
    length = 0;
    addedLength = 0;
    overflow = false;
  }

  /** Adds a whole field line, CR LF included. */
  public void add(byte[] line) {
    append(line, 0, line.length);
  }

  /** Adds a field; the name ends with colon and space. */
  public void add(byte[] nameColon, byte[] octets, int from, int to) {
    append(nameColon, 0, nameColon.length);
    append(octets, from, to);
    endLine();
  }

  /** Adds a field; the name ends with colon and space, the value is ISO-8859-1 without CR, LF. */
  public void add(byte[] nameColon, String value) {
    byte[] octets = value.getBytes(ISO_8859_1);
    add(nameColon, octets, 0, octets.length);
  }

  /** Begins a field whose value follows in pieces, up to {@link #endLine}. */
  public void append(byte[] octets, int from, int to) {
    int count = to - from;
    if (count > added.length - addedLength) {
      overflow = true;
      return;
    }
    System.arraycopy(octets, from, added, addedLength, count);
    addedLength += count;
  }

  /** Ends a field that was begun with {@link #append}. */
  public void endLine() {
    if (added.length - addedLength < 2) {
      overflow = true;
      return;
    }
    added[addedLength++] = Octets.CR;
    added[addedLength++] = Octets.LF;
  }

  /** Octets added so far: where the next addition begins among them. */
  public int addedLength() {
    return addedLength;
  }

  /** The lines that were added, to be read only. */
  public byte[] added() {
    return added;
  }

  /** Where the additions begin in the head that was assembled. */
  public int addedFrom() {
    return addedFrom;
  }

  /**
   * Whether the octets of the head may go on as they are: nothing dropped, changed or added. Then
   * nothing need be assembled.
   */
  public boolean isUnchanged(Head head) {
    if (addedLength > 0 || overflow || head.http10 || head.targetChanged || head.oddCoding) {
      return false;
    }
    for (int i = 0; i < head.fields; i++) {
      if (head.isDropped(i)) {
        return false;
      }
    }
    return true;
  }

  /** Assembles a request head; its length or {@link #TOO_LARGE}. */
  public int request(Head head) {
    length = 0;
    if (head.targetChanged) {
      copy(head.octets, 0, head.targetFrom);
      copy(head.pathPrefix, 0, head.pathPrefix.length);
      copy(head.path, head.pathFrom, head.pathTo);
      copy(head.octets, head.queryFrom, head.targetTo);
    } else {
      copy(head.octets, 0, head.targetTo);
    }
    copy(REQUEST_VERSION, 0, REQUEST_VERSION.length);
    return fields(head);
  }

  /** Assembles the head of an answer; its length or {@link #TOO_LARGE}. */
  public int response(Head head) {
    length = 0;
    copy(RESPONSE_VERSION, 0, RESPONSE_VERSION.length);
    int fields = head.fields > 0 ? head.nameFrom(0) : head.length - 2;
    copy(head.octets, RESPONSE_VERSION.length, fields);
    return fields(head);
  }

  private int fields(Head head) {
    int from = 0;
    int to = 0;
    for (int i = 0; i < head.fields; i++) {
      boolean odd = head.oddCoding && head.known(i) == Field.TRANSFER_ENCODING;
      if (odd || head.isDropped(i)) {
        copy(head.octets, from, to);
        from = to = 0;
        if (odd && !head.isDropped(i)) {
          copy(CHUNKED, 0, CHUNKED.length);
        }
      } else {
        from = to == 0 ? head.nameFrom(i) : from;
        to = head.lineTo(i);
      }
    }
    copy(head.octets, from, to);
    addedFrom = length;
    copy(added, 0, addedLength);
    if (overflow || out.length - length < 2) {
      return TOO_LARGE;
    }
    out[length++] = Octets.CR;
    out[length++] = Octets.LF;
    return length;
  }

  private void copy(byte[] octets, int from, int to) {
    int count = to - from;
    if (count > out.length - length) {
      overflow = true;
      return;
    }
    System.arraycopy(octets, from, out, length, count);
    length += count;
  }

  /** Length of the head that was assembled. */
  public int length() {
    return length;
  }

  /**
   * Puts the head into the buffer that the old one came in, so that it ends where the old one ended
   * and the body stays where it is; the reader index moves to its first octet. The octets before
   * the reader index must be free for use.
   *
   * @param oldLength octets of the old head, which begins at the reader index
   * @return whether it fitted
   */
  public boolean place(ByteBuf in, int oldLength) {
    int at = in.readerIndex() + oldLength - length;
    if (at < 0) {
      return false;
    }
    in.setBytes(at, out, 0, length);
    in.readerIndex(at);
    return true;
  }

  /** Appends the head to a buffer. */
  public void writeTo(ByteBuf buffer) {
    buffer.writeBytes(out, 0, length);
  }
}
