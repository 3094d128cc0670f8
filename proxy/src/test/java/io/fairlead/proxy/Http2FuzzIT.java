package io.fairlead.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http2.Http2Exception;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Conversations made by chance, whole and damaged, cut into segments anywhere. */
@ExtendWith(LeakCheck.class)
class Http2FuzzIT {
  private static final long SEED = 20_261_123;
  private static final int REQUESTS = 5;
  private final Front front = new Front();
  private final Random random = new Random(SEED);
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  @AfterEach
  void stop() {
    front.close();
  }

  /** Answers a request with its body, out of its chunks. */
  private static RawUpstream echo() throws IOException {
    return new RawUpstream(
        connection -> {
          for (String head = connection.readHead(); !head.isEmpty(); ) {
            String body = connection.readBody(head);
            boolean chunked = head.contains("transfer-encoding: chunked");
            connection.send(RawUpstream.okAnswer(chunked ? unchunked(body) : body));
            head = connection.readHead();
          }
        });
  }

  private static String unchunked(String body) {
    StringBuilder text = new StringBuilder();
    int at = 0;
    while (true) {
      int end = body.indexOf('\r', at);
      int size = Integer.parseInt(body.substring(at, end), 16);
      if (size == 0) {
        return text.toString();
      }
      text.append(body, end + 2, end + 2 + size);
      at = end + 4 + size;
    }
  }

  private void frame(int type, int flags, int stream, byte[] payload) {
    out.write(payload.length >> 16);
    out.write(payload.length >> 8);
    out.write(payload.length);
    out.write(type);
    out.write(flags);
    out.writeBytes(RawHttp2.integer(stream));
    out.writeBytes(payload);
  }

  private byte[] padded(byte[] payload, int padding, byte[] prefix) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    if (padding >= 0) {
      all.write(padding);
    }
    all.writeBytes(prefix);
    all.writeBytes(payload);
    all.writeBytes(new byte[Math.max(0, padding)]);
    return all.toByteArray();
  }

  /** A head in one frame or in several, padded or not, with a priority or without. */
  private void head(int stream, boolean last, String... fields) {
    byte[] block = RawHttp2.block(fields);
    int parts = 1 + random.nextInt(3);
    int from = 0;
    for (int part = 1; part <= parts; part++) {
      int to = part == parts ? block.length : from + random.nextInt(block.length - from);
      byte[] piece = java.util.Arrays.copyOfRange(block, from, to);
      int flags = part == parts ? RawHttp2.END_HEADERS : 0;
      from = to;
      if (part > 1) {
        frame(RawHttp2.CONTINUATION, flags, stream, piece);
        continue;
      }
      int padding = random.nextBoolean() ? random.nextInt(20) : -1;
      boolean priority = random.nextInt(3) == 0;
      flags |= last ? RawHttp2.END_STREAM : 0;
      flags |= padding >= 0 ? 8 : 0;
      flags |= priority ? 32 : 0;
      byte[] prefix = priority ? new byte[] {0, 0, 0, 0, 7} : new byte[0];
      frame(RawHttp2.HEADERS, flags, stream, padded(piece, padding, prefix));
    }
  }

  private void noise(int stream) {
    switch (random.nextInt(6)) {
      case 0 -> frame(RawHttp2.PING, 0, 0, new byte[8]);
      case 1 -> frame(RawHttp2.PRIORITY, 0, stream, new byte[5]);
      case 2 -> frame(RawHttp2.WINDOW_UPDATE, 0, 0, RawHttp2.integer(1 + random.nextInt(1_000)));
      case 3 -> frame(99, random.nextInt(256), random.nextInt(9), new byte[random.nextInt(9)]);
      default -> {}
    }
  }

  /** A conversation; says which body each stream must bring back. */
  private Map<Integer, String> conversation() {
    out.reset();
    out.writeBytes(RawHttp2.PREFACE.getBytes(ISO_8859_1));
    frame(RawHttp2.SETTINGS, 0, 0, new byte[0]);
    Map<Integer, String> bodies = new HashMap<>();
    for (int stream = 1; stream < 2 * REQUESTS; stream += 2) {
      noise(stream);
      StringBuilder body = new StringBuilder();
      int parts = random.nextInt(4);
      byte[][] data = new byte[parts][];
      for (int i = 0; i < parts; i++) {
        String part = String.valueOf((char) ('a' + i)).repeat(random.nextInt(400));
        data[i] = part.getBytes(ISO_8859_1);
        body.append(part);
      }
      bodies.put(stream, body.toString());
      boolean trailers = parts > 0 && random.nextBoolean();
      String[] known = {"content-length=" + body.length()};
      String[] more = random.nextBoolean() ? known : new String[] {"x-a=b", "cookie=c=d"};
      head(stream, parts == 0, RawHttp2.request("PUT", "/" + stream, more));
      for (int i = 0; i < parts; i++) {
        noise(stream);
        int padding = random.nextBoolean() ? random.nextInt(50) : -1;
        int flags = padding >= 0 ? 8 : 0;
        flags |= i == parts - 1 && !trailers ? RawHttp2.END_STREAM : 0;
        frame(RawHttp2.DATA, flags, stream, padded(data[i], padding, new byte[0]));
      }
      if (trailers) {
        head(stream, true, "x-trailer=t");
      }
    }
    return bodies;
  }

  private void send(RawHttp2 client, byte[] octets) throws IOException {
    int at = 0;
    while (at < octets.length) {
      int count = Math.min(octets.length - at, 1 + random.nextInt(random.nextBoolean() ? 9 : 999));
      client.socket().send(java.util.Arrays.copyOfRange(octets, at, at + count));
      at += count;
    }
  }

  private static Map<Integer, String> bodies(RawHttp2 client) throws IOException, Http2Exception {
    Map<Integer, String> bodies = new HashMap<>();
    int ended = 0;
    while (ended < REQUESTS) {
      String frame = client.read();
      String[] words = frame.split(" ", 4);
      assertThat(words[0]).as(frame).isIn("HEADERS", "DATA", "PING");
      int stream = Integer.parseInt(words[1]);
      boolean end = words.length > 2 && words[2].equals("end");
      if (words[0].equals("DATA")) {
        String data = end ? words.length > 3 ? words[3] : "" : words.length > 2 ? words[2] : "";
        bodies.merge(stream, data, String::concat);
      } else if (words[0].equals("HEADERS")) {
        bodies.putIfAbsent(stream, "");
      }
      ended += end && !words[0].equals("PING") ? 1 : 0;
    }
    return bodies;
  }

  @Test
  void wholeConversationsAreUnderstoodHoweverTheyAreCut() throws Exception {
    try (var upstream = echo()) {
      front.sendTo(upstream.address());
      for (int round = 0; round < 150; round++) {
        Map<Integer, String> wanted = conversation();
        try (var client = new RawHttp2(front.client())) {
          send(client, out.toByteArray());
          assertThat(bodies(client)).as("round %s", round).isEqualTo(wanted);
        }
      }
    }
  }

  @Test
  void damagedConversationsHarmNobodyElse() throws Exception {
    try (var upstream = echo()) {
      front.sendTo(upstream.address());
      for (int round = 0; round < 300; round++) {
        conversation();
        byte[] octets = out.toByteArray();
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
          octets[24 + random.nextInt(octets.length - 24)] = (byte) random.nextInt(256);
        }
        try (var client = front.client()) {
          client.send(octets);
          client.shutdownOutput();
          client.readToEnd();
        } catch (IOException e) {
          assertThat(e).hasMessageMatching("Broken pipe|Connection reset.*");
        }
      }
      try (var client = RawHttp2.client(front.client())) {
        client.get(1, "/");
        assertThat(client.read()).startsWith("HEADERS 1 ").contains(":status=200");
      }
      assertThat(front.plane().ports().getFirst().counters().faults()).isZero();
    }
  }
}
