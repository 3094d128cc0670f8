package io.fairlead.proxy.exchange;

import io.fairlead.proxy.http1.BodyReader;
import io.fairlead.proxy.http1.Framing;
import io.fairlead.proxy.http1.Http1Limits;
import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;

/**
 * The first octets of a request's body without their framing, while the request waits. What has
 * come stays where it is, to be sent on later. Belongs to its passage.
 */
public final class Gathering {
  private final Framing framing;
  private final long length;
  private final int maxBytes;
  private byte[] octets = {};
  private boolean cut;
  private boolean done;

  Gathering(Framing framing, long length, int maxBytes) {
    this.framing = framing;
    this.length = length;
    this.maxBytes = maxBytes;
  }

  /** Reads all that has come anew, behind a head. */
  void look(ByteBuf input, int headLength) {
    ByteArrayOutputStream found = new ByteArrayOutputStream();
    BodyReader reader = new BodyReader(Http1Limits.defaults());
    reader.start(framing, length);
    ByteBuf body =
        input.slice(input.readerIndex() + headLength, input.readableBytes() - headLength);
    int taken =
        reader.read(
            body,
            (index, count) -> {
              int room = Math.min(count, maxBytes - found.size());
              cut |= room < count;
              for (int i = 0; i < room; i++) {
                found.write(body.getByte(index + i));
              }
            });
    octets = found.toByteArray();
    // What is faulty is refused when it is about to be sent on.
    done = cut || reader.isComplete() || taken < 0;
  }

  /** Nothing more is waited for. */
  public void end() {
    done = true;
  }

  boolean isDone() {
    return done;
  }

  /** What has come. */
  public byte[] octets() {
    return octets.clone();
  }

  /** Whether there is more than was wanted. */
  public boolean isCut() {
    return cut;
  }
}
