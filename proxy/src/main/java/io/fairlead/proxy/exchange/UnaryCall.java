package io.fairlead.proxy.exchange;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.fairlead.proxy.grpc.GrpcFrame;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.Method;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A call of gRPC, one message each way, that a layer makes itself while its request waits: over the
 * connections of the target, within its timeout, with an answer of at most 8 KiB. Belongs to its
 * loop.
 */
public final class UnaryCall {
  private final Subrequest request;

  /** How a call went. */
  public sealed interface Outcome {
    /** The message that answers. */
    record Message(byte[] octets) implements Outcome {}

    /** There is no message, for this reason. */
    record Failed(GrpcCode code) implements Outcome {}
  }

  /** Filled once, since the listener needs the request that it listens to. */
  private static final class Listening implements Subrequest.Listener {
    private final Consumer<Outcome> told;
    private @Nullable Subrequest request;

    Listening(Consumer<Outcome> told) {
      this.told = told;
    }

    @Override
    public void over(@Nullable Head head, byte[] body) {
      told.accept(outcome(head, body));
    }

    private Outcome outcome(@Nullable Head head, byte[] body) {
      GrpcCode code = request == null ? null : request.code();
      if (code != null && code != GrpcCode.OK) {
        return new Outcome.Failed(code);
      }
      if (head == null || code == null) {
        return new Outcome.Failed(GrpcCode.DEADLINE_EXCEEDED);
      }
      byte[] message = GrpcFrame.unwrap(body);
      return message == null ? new Outcome.Failed(GrpcCode.INTERNAL) : new Outcome.Message(message);
    }
  }

  private UnaryCall(Subrequest request) {
    this.request = request;
  }

  /**
   * Makes a call.
   *
   * @param forWhom the exchange that waits for it
   * @param target whose upstream speaks HTTP/2
   * @param path of service and method
   * @param told how it went, once, in a task of its own
   */
  public static UnaryCall make(
      Exchange forWhom, Target target, String path, byte[] message, Consumer<Outcome> told) {
    byte[] body = GrpcFrame.wrap(message);
    long timeout = target.timeouts().requestNanos();
    String head =
        "POST "
            + path
            + " HTTP/1.1\r\nhost: "
            + target.upstream().name()
            + "\r\ncontent-type: application/grpc\r\ngrpc-timeout: "
            + new String(CallDeadline.Form.GRPC.value(timeout), ISO_8859_1)
            + "\r\ncontent-length: "
            + body.length
            + "\r\n\r\n";
    byte[] octets = head.getBytes(ISO_8859_1);
    byte[] whole = new byte[octets.length + body.length];
    System.arraycopy(octets, 0, whole, 0, octets.length);
    System.arraycopy(body, 0, whole, octets.length, body.length);
    Listening listening = new Listening(told);
    Subrequest request =
        Subrequest.send(forWhom, target, Method.POST, Subrequest.Kind.CALL, whole, listening);
    listening.request = request;
    return new UnaryCall(request);
  }

  /** Gives it up. */
  public void cancel() {
    request.cancel();
  }
}
