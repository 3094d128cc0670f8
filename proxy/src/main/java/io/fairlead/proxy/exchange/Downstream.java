package io.fairlead.proxy.exchange;

import io.fairlead.proxy.http1.BodyReader;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.loop.Input;

/** The client's side of an exchange. Belongs to the exchange's loop. */
public interface Downstream {
  /** What a client speaks. */
  enum Protocol {
    /** Of 1.0 or 1.1, as each head says. */
    HTTP_1,
    HTTP_2,
    TCP
  }

  /** What the client speaks. */
  default Protocol protocol() {
    return Protocol.HTTP_1;
  }

  /** Whether more may be sent without filling memory. */
  boolean isWritable();

  /** {@link Exchange#dueNanos} has changed, since the request has gone on after a wait. */
  void due();

  /** The request's body may be read on. */
  void resume();

  /**
   * Sends a 1xx head on; takes it from the input.
   *
   * @param headLength octets of the head in the input; 0 if it came otherwise
   */
  void informational(Head head, Input input, int headLength);

  /**
   * Sends the head of the final answer on, with what came of its body; takes both from the input.
   *
   * @param headLength octets of the head in the input; 0 if it came otherwise
   * @param follow octets of the body that follow it
   * @param body says how the body is framed
   */
  void answer(Head head, Input input, int headLength, int follow, BodyReader body);

  /** Sends octets of the answer's body on; takes them from the input. */
  void answerBody(Input input, int count);

  /**
   * Sends 101 on, after which both sides exchange octets: {@link #answerBody} sends them, and
   * {@link Exchange#body} is given those of the client.
   *
   * @param headLength octets of the head in the input, which are taken
   */
  default void switched(Head head, Input from, int headLength) {
    throw new IllegalStateException("nothing here becomes a tunnel");
  }

  /** There is a connection for a tunnel that needs no answer; octets follow as above. */
  default void tunnelled() {
    throw new IllegalStateException("nothing here becomes a tunnel");
  }

  /**
   * Tells the client that nothing more will come out of the tunnel.
   *
   * @return whether the client can still send; otherwise the tunnel is over
   */
  default boolean endOutput() {
    return false;
  }

  /** Answers in the proxy's own name. */
  void reply(LocalReply reply);

  /** The exchange is over and its answer is whole. */
  void ended();

  /** The exchange is over; its answer cannot be completed and must not look as if it were. */
  void abort();
}
