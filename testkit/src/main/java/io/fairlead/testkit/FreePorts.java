package io.fairlead.testkit;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports for servers that must be told theirs before they bind it. They lie below those that the
 * system gives to whoever asks for any, which an outgoing connection may have by then.
 */
public final class FreePorts {
  private static final int FROM = 20_000;
  private static final int TO = 32_000;
  private static final int MOST_TRIES = 1_000;

  private FreePorts() {}

  /**
   * One of loopback.
   *
   * @throws IOException if none is found
   */
  public static int one() throws IOException {
    return of(1).next();
  }

  /**
   * So many different ones of loopback.
   *
   * @throws IOException if there are not so many
   */
  public static Iterator<Integer> of(int count) throws IOException {
    var held = new ArrayList<ServerSocket>();
    try {
      for (int tried = 0; held.size() < count; tried++) {
        if (tried == MOST_TRIES) {
          throw new IOException("no " + count + " ports are free from " + FROM + " to " + TO);
        }
        hold(held);
      }
      return held.stream().map(ServerSocket::getLocalPort).toList().iterator();
    } finally {
      for (var socket : held) {
        socket.close();
      }
    }
  }

  /** All are held until there are enough, so that none comes twice. */
  private static void hold(ArrayList<ServerSocket> held) throws IOException {
    int port = ThreadLocalRandom.current().nextInt(FROM, TO);
    var socket = new ServerSocket();
    try {
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      held.add(socket);
    } catch (BindException taken) {
      socket.close();
    }
  }
}
