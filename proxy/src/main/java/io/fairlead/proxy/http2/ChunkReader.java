package io.fairlead.proxy.http2;

import io.fairlead.proxy.http1.BodyReader;
import io.fairlead.proxy.http1.Framing;
import io.fairlead.proxy.http1.Http1Limits;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Takes a body out of chunks, whose framing has been checked already, and sends it on a stream with
 * its trailers. Belongs to its stream.
 */
public final class ChunkReader implements BodyReader.DataSink {
  private final Http2Stream stream;
  private final BodyReader reader;
  private @Nullable ByteBuf octets;

  /** A reader for one body; the limits are those that it was checked against. */
  public ChunkReader(Http2Stream stream, Http1Limits limits) {
    this.stream = stream;
    reader = new BodyReader(limits);
    reader.keepTrailers();
    reader.start(Framing.CHUNKED, 0);
  }

  /** Sends the data in these octets on and takes them. */
  public void read(ByteBuf next) {
    octets = next;
    int taken = reader.read(next, this);
    octets = null;
    next.release();
    if (taken == BodyReader.FAULTY) {
      throw new IllegalStateException("a body that was checked is faulty: " + reader.fault());
    }
    if (reader.isComplete()) {
      byte[] trailers = reader.trailers();
      if (trailers.length > 0) {
        stream.sendTrailers(trailers);
      } else {
        stream.end();
      }
    }
  }

  @Override
  public void data(int index, int length) {
    ByteBuf present = octets;
    if (present != null) {
      stream.sendData(present.retainedSlice(index, length));
    }
  }
}
