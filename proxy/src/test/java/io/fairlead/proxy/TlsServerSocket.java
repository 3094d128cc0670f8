package io.fairlead.proxy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** Accepts TLS from clients with a certificate, and keeps the TCP connections below at hand. */
final class TlsServerSocket extends ServerSocket {
  private final SSLContext context;
  private final String[] protocols;
  private final List<Socket> below = new CopyOnWriteArrayList<>();

  /**
   * @param protocols that are offered; none means the usual ones
   */
  TlsServerSocket(SSLContext context, String... protocols) throws IOException {
    super(0, 1_024, InetAddress.getLoopbackAddress());
    this.context = context;
    this.protocols = protocols;
  }

  @Override
  public Socket accept() throws IOException {
    Socket plain = super.accept();
    below.add(plain);
    SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket(plain, null, plain.getPort(), true);
    socket.setUseClientMode(false);
    socket.setNeedClientAuth(true);
    if (protocols.length > 0) {
      socket.setEnabledProtocols(protocols);
    }
    return socket;
  }

  /** Ends all TCP connections without a word of TLS. */
  void cut() throws IOException {
    for (Socket socket : below) {
      socket.close();
    }
  }
}
