package io.fairlead.proxy.upstream;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.fairlead.proxy.exchange.GrpcCode;
import io.fairlead.proxy.grpc.GrpcFrame;
import io.fairlead.proxy.grpc.ProtoException;
import io.fairlead.proxy.grpc.ProtoReader;
import io.fairlead.proxy.grpc.ProtoWriter;
import io.fairlead.proxy.http1.Fault;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.RequestParser;
import io.fairlead.proxy.http2.Http2Error;
import io.fairlead.proxy.http2.Http2HeadWriter.Scheme;
import io.fairlead.proxy.http2.Http2Limits;
import io.fairlead.proxy.http2.Http2Session;
import io.fairlead.proxy.http2.Http2Stream;
import io.fairlead.proxy.loop.Loop;
import io.fairlead.proxy.upstream.EndpointProbe.Outcome;
import io.fairlead.traffic.HealthCheck.Probe;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelPipeline;
import java.io.ByteArrayOutputStream;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Asks an endpoint over HTTP/2, on a connection of its own, by {@code grpc.health.v1.Health/Check}.
 * SERVING alone is a yes; another status, a service that is unknown and an endpoint that does not
 * have this method are a no, as with Envoy. Belongs to its loop.
 *
 * @see <a href="https://github.com/grpc/grpc/blob/master/doc/health-checking.md">the protocol</a>
 */
final class HealthQuestion implements Http2Session.Owner {
  private static final int SERVING = 1;

  /** An answer is a few octets; more of it is not kept. */
  private static final int MAX_ANSWER = 1_024;

  private final Loop loop;
  private final String authority;
  private final Probe.Grpc probe;
  private final Consumer<Outcome> told;
  private final Http2Session session;
  private Scheme scheme = Scheme.HTTP;
  private boolean asked;

  /**
   * @param cluster is named as the authority where the probe names none
   * @param told the outcome, perhaps more than once
   */
  HealthQuestion(Loop loop, Probe.Grpc probe, String cluster, Consumer<Outcome> told) {
    this.loop = loop;
    this.probe = probe;
    this.told = told;
    authority = probe.authority().isEmpty() ? cluster : probe.authority();
    session = new Http2Session(loop, Http2Session.Side.CLIENT, Http2Limits.defaults(), this);
  }

  /** Takes over an open channel, secured or not. */
  void start(ChannelPipeline pipeline, Scheme by) {
    scheme = by;
    pipeline.addLast(session);
    session.start();
  }

  @Override
  public void settled() {
    if (asked) {
      return;
    }
    asked = true;
    byte[] body = GrpcFrame.wrap(new ProtoWriter().text(1, probe.service()).toBytes());
    String head =
        "POST /grpc.health.v1.Health/Check HTTP/1.1\r\nhost: "
            + authority
            + "\r\ncontent-type: application/grpc\r\nuser-agent: fairlead-health-check"
            + "\r\ncontent-length: "
            + body.length
            + "\r\n\r\n";
    RequestParser parser = loop.http2().forwarded();
    if (parser.parse(Unpooled.wrappedBuffer(head.getBytes(ISO_8859_1))) <= 0) {
      throw new IllegalStateException("the head of a health check is none");
    }
    Answer answer = new Answer();
    session.open(answer);
    session.writer().request(parser.head(), scheme);
    answer.sendHead();
    answer.sendLast(Unpooled.wrappedBuffer(body));
  }

  /** What comes of the question. */
  private final class Answer extends Http2Stream {
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private boolean good;

    Answer() {
      super(session);
    }

    @Override
    protected void head(@Nullable Fault fault, boolean last) {
      Head head = loop.responses().head();
      if (fault != null) {
        told.accept(Outcome.FAILED);
      } else if (head.status() >= 200) {
        // Without a message the answer is a no, whatever its status.
        good = head.status() == 200 && !last;
        if (!good) {
          told.accept(Outcome.REFUSED);
        }
      }
    }

    @Override
    protected void data(ByteBuf octets) {
      int count = octets.readableBytes();
      byte[] copy = new byte[count];
      octets.readBytes(copy).release();
      if (body.size() + count <= MAX_ANSWER) {
        body.writeBytes(copy);
      } else {
        good = false;
      }
      consumed(count);
    }

    @Override
    protected void ended(byte[] trailers) {
      boolean ok = GrpcCode.isOk(trailers);
      told.accept(good && ok && isServing(body.toByteArray()) ? Outcome.PASSED : Outcome.REFUSED);
    }

    @Override
    protected void broken(Http2Error error, boolean untouched) {
      told.accept(Outcome.FAILED);
    }

    @Override
    protected void writable() {}
  }

  /** HealthCheckResponse: status 1. */
  static boolean isServing(byte[] body) {
    byte[] message = GrpcFrame.unwrap(body);
    if (message == null) {
      return false;
    }
    try {
      ProtoReader reader = new ProtoReader(message);
      long status = 0;
      while (reader.next()) {
        status = reader.field() == 1 ? reader.number() : status;
      }
      return status == SERVING;
    } catch (ProtoException noMessage) {
      return false;
    }
  }

  @Override
  public Http2Stream accept() {
    throw new IllegalStateException("an endpoint cannot begin a stream");
  }

  @Override
  public void goingAway() {}

  @Override
  public void ended(Http2Stream stream) {}

  @Override
  public void failed(Throwable cause) {}

  @Override
  public void closed(String why) {
    told.accept(Outcome.FAILED);
  }
}
