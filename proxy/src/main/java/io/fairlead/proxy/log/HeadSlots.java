package io.fairlead.proxy.log;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.fairlead.proxy.http1.Field;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.HeadWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * Which values of heads are copied, for all the logs of one listener. Complete before it is used.
 */
final class HeadSlots {
  static final String REQUEST_ID = Field.X_REQUEST_ID.text();

  /** Octets of a {@code traceparent}. */
  private static final int TRACE_PARENT = 55;

  private final List<Slot> all = new ArrayList<>();

  /** Which head a value is from. */
  enum Side {
    REQUEST,
    ANSWER
  }

  private record Slot(
      Side side, String name, byte[] first, String other, byte[] second, int most) {}

  /** The place of a field's value, or of the other's if there is none. */
  int slot(Side side, String name, String other, int most) {
    for (int i = 0; i < all.size(); i++) {
      Slot slot = all.get(i);
      if (slot.side == side
          && slot.name.equals(name)
          && slot.other.equals(other)
          && slot.most == most) {
        return i;
      }
    }
    all.add(
        new Slot(side, name, name.getBytes(ISO_8859_1), other, other.getBytes(ISO_8859_1), most));
    return all.size() - 1;
  }

  /** The place of the trace that the caller has begun. */
  int traceParent() {
    return slot(Side.REQUEST, Field.TRACEPARENT.text(), "", TRACE_PARENT);
  }

  int size() {
    return all.size();
  }

  /** Copies what there is of this head. */
  void capture(Side side, Head head, Captured into) {
    for (int i = 0; i < all.size(); i++) {
      Slot slot = all.get(i);
      if (slot.side == side
          && !capture(head, i, slot, slot.name, slot.first, into)
          && !slot.other.isEmpty()) {
        capture(head, i, slot, slot.other, slot.second, into);
      }
    }
  }

  private static boolean capture(
      Head head, int at, Slot slot, String name, byte[] octets, Captured into) {
    int most = slot.most;
    switch (name) {
      case ":method" -> {
        into.begin(at);
        into.add(at, head.octets(), 0, head.methodTo(), most);
      }
      case ":authority" -> {
        if (head.authorityTo() == head.authorityFrom()) {
          return false;
        }
        into.begin(at);
        into.add(at, head.octets(), head.authorityFrom(), head.authorityTo(), most);
      }
      case ":path" -> {
        into.begin(at);
        if (head.pathTo() > head.pathFrom()) {
          into.add(at, head.path(), head.pathFrom(), head.pathTo(), most);
          into.add(at, head.octets(), head.queryFrom(), head.queryTo(), most);
        } else {
          into.add(at, head.octets(), head.targetFrom(), head.targetTo(), most);
        }
      }
      default -> {
        int field = head.find(octets, 0);
        if (field < 0) {
          return false;
        }
        into.begin(at);
        into.add(at, head.octets(), head.valueFrom(field), head.valueTo(field), most);
      }
    }
    return true;
  }

  /** Copies the id that the proxy itself has just given the request. */
  void captureRequestId(HeadWriter writer, int lineFrom, Captured into) {
    int from = lineFrom + REQUEST_ID.length() + 2;
    for (int i = 0; i < all.size(); i++) {
      Slot slot = all.get(i);
      if (slot.side == Side.REQUEST && slot.name.equals(REQUEST_ID) && !into.has(i)) {
        into.begin(i);
        into.add(i, writer.added(), from, writer.addedLength() - 2, slot.most);
      }
    }
  }
}
