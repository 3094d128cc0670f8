package io.fairlead.proxy.http1;

import java.util.Random;

/** Makes requests from the grammar and then breaks most of them a little. */
final class RequestGenerator {
  private static final String[] METHODS = {
    "GET", "POST", "HEAD", "PUT", "OPTIONS", "X-Y", "CONNECT"
  };
  private static final String[] TARGETS = {
    "/",
    "/a/b?c=d",
    "*",
    "http://h/p?q",
    "https://h:8443",
    "http://h?x",
    "/a/../b",
    "/%2e%2E/x",
    "/a/%2e/b",
    "/x%2fy",
    "/%zz",
    "/a\\b",
    "/a/b/.",
    "/a/..",
    "/..",
    "h:80",
    "http://u@h/",
    "/" + "y".repeat(1_100)
  };
  private static final String[] VERSIONS = {
    "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0"
  };
  private static final String[] FIELDS = {
    "Host: a.example",
    "Host: b:80",
    "host:[::1]:9",
    "Content-Length: 5",
    "content-length:0",
    "Content-Length: 5",
    "Transfer-Encoding: chunked",
    "transfer-encoding:\tCHUNKED ",
    "Transfer-Encoding: gzip, chunked",
    "Connection: close",
    "Connection: keep-alive, x-hop",
    "X-Hop: 1",
    "Connection: ,, Upgrade",
    "Upgrade: websocket",
    "Upgrade: h2c",
    "TE: trailers",
    "Connection: content-length",
    "Accept: */*",
    "X-Empty:",
    "Expect: 100-continue",
    "X-Long: " + "v".repeat(700),
    "Cookie: a=b; c=\"d\"",
    "Keep-Alive: timeout=5",
    "Host: a b"
  };
  private static final String[] BODIES = {
    "",
    "hello",
    "5\r\nhello\r\n0\r\n\r\n",
    "1;x=y\r\na\r\n00\r\nX-Trailer: 1\r\n\r\n",
    "A\r\n0123456789\r\n0\r\nHost: x\r\n\r\n",
    "0\r\n\r\n",
    "5 \r\nhello\r\n0\r\n\r\n",
    "0x5\r\nhello\r\n0\r\n\r\n",
    "5\nhello\r\n0\r\n\r\n",
    "fffffffffffffffff\r\n"
  };
  private static final String NASTY = "\r\n \t:\0\u007f\u0080\u00ff;,/%#\\0aA-";

  private final Random random;

  RequestGenerator(Random random) {
    this.random = random;
  }

  String next() {
    StringBuilder request = new StringBuilder();
    request.append(random.nextInt(20) == 0 ? "\r\n" : "");
    request.append(random.nextInt(3) == 0 ? pick(METHODS) : "POST").append(' ');
    request.append(random.nextInt(3) == 0 ? pick(TARGETS) : "/a").append(' ');
    request.append(random.nextInt(4) == 0 ? pick(VERSIONS) : "HTTP/1.1").append("\r\n");
    boolean framed = random.nextBoolean();
    boolean chunked = random.nextBoolean();
    request.append("Host: a.example\r\n");
    if (framed) {
      request.append(chunked ? "Transfer-Encoding: chunked\r\n" : "Content-Length: 5\r\n");
    }
    int extra = random.nextInt(4);
    for (int i = 0; i < extra; i++) {
      request.append(pick(FIELDS)).append("\r\n");
    }
    request.append("\r\n").append(framed && chunked ? BODIES[2 + random.nextInt(2)] : pick(BODIES));
    request.append(random.nextInt(4) == 0 ? "GET / HTTP/1.1\r\nHost: x\r\n\r\n" : "");
    int mutations = Math.max(0, random.nextInt(5) - 2);
    for (int i = 0; i < mutations; i++) {
      mutate(request);
    }
    return request.toString();
  }

  private void mutate(StringBuilder request) {
    int at = random.nextInt(request.length());
    char nasty = NASTY.charAt(random.nextInt(NASTY.length()));
    switch (random.nextInt(4)) {
      case 0 -> request.setCharAt(at, nasty);
      case 1 -> request.insert(at, nasty);
      case 2 -> request.deleteCharAt(at);
      default -> {
        int end = Math.min(request.length(), at + random.nextInt(30));
        request.insert(at, request.substring(at, end));
      }
    }
  }

  private String pick(String[] choices) {
    return choices[random.nextInt(choices.length)];
  }
}
