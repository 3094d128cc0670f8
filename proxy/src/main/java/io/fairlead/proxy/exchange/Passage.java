package io.fairlead.proxy.exchange;

import io.fairlead.proxy.access.Claims;
import io.fairlead.proxy.http1.BodyReader;
import io.fairlead.proxy.http1.Fault;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.HeadWriter;
import io.fairlead.proxy.loop.Input;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The way of one request through the layers of its stack, up to the octets that go upstream. A
 * layer may let the request wait; then its head is kept as it was changed so far. Belongs to its
 * exchange.
 */
public final class Passage {
  private final Exchange exchange;
  private final Layer[] layers;
  private final BodyReader body;
  private int passedLayers;
  private boolean connection;
  private int addedFrom;
  private @Nullable Parked waiting;
  private @Nullable Object parked;
  private @Nullable String origin;
  private @Nullable String client;
  private @Nullable Claims claims;

  /**
   * A request that waits: others use the loop's head and writer in the meantime. Its octets stay in
   * the input.
   */
  private record Parked(Head head, byte[] added, Input input, int headLength) {}

  Passage(Exchange exchange, BodyReader body) {
    this.exchange = exchange;
    this.body = body;
    layers = exchange.stack().layers;
  }

  void begin(Head head, Input input, int headLength) {
    exchange.loop().writer().begin();
    pass(Verdict.PASS, head, input, headLength);
  }

  private void pass(Verdict before, Head head, Input input, int headLength) {
    Verdict verdict = before;
    while (verdict == Verdict.PASS && passedLayers < layers.length) {
      verdict = layers[passedLayers++].request(exchange, head);
    }
    switch (verdict) {
      case Verdict.Pass passed when exchange.upgrade() == Upgrade.RAW -> {
        input.skip(headLength);
        exchange.start();
      }
      case Verdict.Pass passed -> {
        ByteBuf opening = assemble(head, input, headLength);
        if (opening != null) {
          exchange.send(opening);
        }
      }
      case Verdict.Wait waits -> {
        HeadWriter writer = exchange.loop().writer();
        byte[] added = Arrays.copyOf(writer.added(), writer.addedLength());
        waiting = new Parked(head.copy(), added, input, headLength);
      }
      case LocalReply refused -> {
        input.skip(headLength);
        exchange.reply(refused);
      }
    }
  }

  void goOn() {
    Parked present = waiting;
    if (present == null) {
      return;
    }
    waiting = null;
    HeadWriter writer = exchange.loop().writer();
    writer.begin();
    writer.append(present.added, 0, present.added.length);
    Verdict verdict = layers[passedLayers - 1].resumed(exchange, present.head);
    parked = null;
    pass(verdict, present.head, present.input, present.headLength);
    exchange.resumed();
  }

  /** Takes what goes on from the input; null if the request was answered instead. */
  private @Nullable ByteBuf assemble(Head head, Input input, int headLength) {
    // The body is read with the head, so that a faulty one never goes upstream.
    int follow = body.readBehind(input.octets(), headLength);
    if (follow < 0) {
      exchange.reply(LocalReply.of(body.fault()));
      return null;
    }
    exchange.received += follow;
    LocalReply refusal = exchange.upload().inspect(head, follow);
    if (refusal != null) {
      input.skip(headLength + follow);
      exchange.reply(refusal);
      return null;
    }
    HeadWriter writer = exchange.loop().writer();
    if (headLength > 0 && writer.isUnchanged(head)) {
      return input.take(headLength + follow);
    }
    if (writer.request(head) == HeadWriter.TOO_LARGE) {
      input.skip(headLength + follow);
      exchange.reply(LocalReply.of(Fault.HEAD_TOO_LARGE));
      return null;
    }
    addedFrom = writer.addedFrom();
    return input.takeWithHead(exchange.loop().allocator(), writer, headLength, follow);
  }

  /** A connection that is passed on begins. */
  void open() {
    connection = true;
    for (ConnectionLayer layer : exchange.stack().connectionLayers) {
      layer.opened(exchange);
    }
  }

  /** Where the fields that layers added begin in what went upstream. */
  int addedFrom() {
    return addedFrom;
  }

  void answer(Head head) {
    for (int i = layers.length - 1; i >= 0; i--) {
      layers[i].answer(exchange, head);
    }
  }

  void tunnelled() {
    for (int i = 0; i < passedLayers; i++) {
      layers[i].tunnelled(exchange);
    }
  }

  void end() {
    waiting = null;
    for (int i = passedLayers - 1; i >= 0; i--) {
      layers[i].end(exchange);
    }
    if (connection) {
      for (ConnectionLayer layer : exchange.stack().connectionLayers) {
        layer.closed(exchange);
      }
    }
  }

  /** What the layer that lets the request wait keeps for that, or null. */
  public @Nullable Object parked() {
    return parked;
  }

  /** Keeps what the layer needs that lets the request wait. */
  public void park(Object state) {
    parked = state;
  }

  /** Address of the client, where a layer has found it out; or null. */
  public @Nullable String client() {
    return client;
  }

  /** Says which address the client has. */
  public void client(String address) {
    client = address;
  }

  /** What the verified token of the request says, or null. */
  public @Nullable Claims claims() {
    return claims;
  }

  /** Says what the verified token says. */
  public void claims(Claims verified) {
    claims = verified;
  }

  /** The origin of the page that calls, where its route wants to know; or null. */
  public @Nullable String origin() {
    return origin;
  }

  /** Says which origin the page has that calls. */
  public void origin(String page) {
    origin = page;
  }
}
