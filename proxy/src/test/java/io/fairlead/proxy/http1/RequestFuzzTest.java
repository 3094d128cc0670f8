package io.fairlead.proxy.http1;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Random, mostly broken requests: the parser must agree with the slow one about every one. */
class RequestFuzzTest {
  private static final int ROUNDS = Integer.getInteger("fairlead.fuzz.rounds", 60_000);
  private static final long SEED = Long.getLong("fairlead.fuzz.seed", 20_261_101);

  private final Http1Limits limits = Http1Limits.defaults();
  private final RequestParser parser = new RequestParser(limits);
  private final BodyReader body = new BodyReader(limits);
  private final Random random = new Random(SEED);
  private int accepted;

  @Test
  void parserAgreesWithTheReferenceAboutEveryRequest() {
    RequestGenerator generator = new RequestGenerator(random);
    for (int round = 0; round < ROUNDS; round++) {
      String request = generator.next();
      ReferenceParser.Verdict expected = ReferenceParser.parse(request);
      ReferenceParser.Verdict actual = parse(request, request.length());
      String description = "round " + round + " of seed " + SEED + ": " + quote(request);
      switch (expected) {
        case ReferenceParser.Accepted a -> {
          assertThat(actual).as(description).isEqualTo(a);
          accepted++;
          checkForwarded(request, a, description);
        }
        case ReferenceParser.Refused _ ->
            assertThat(actual).as(description).isInstanceOf(ReferenceParser.Refused.class);
        case ReferenceParser.Incomplete _ ->
            assertThat(actual).as(description).isNotInstanceOf(ReferenceParser.Accepted.class);
      }
      int cut = random.nextInt(request.length() + 1);
      if (expected instanceof ReferenceParser.Accepted a && cut < a.consumed()) {
        assertThat(parse(request, cut))
            .as("first %s octets of %s", cut, description)
            .isInstanceOf(ReferenceParser.Incomplete.class);
      }
    }
    assertThat(accepted).as("accepted of " + ROUNDS).isGreaterThan(ROUNDS / 5);
  }

  private ReferenceParser.Verdict parse(String request, int length) {
    ByteBuf in = Unpooled.copiedBuffer(request.substring(0, length), ISO_8859_1);
    int head = parser.parse(in);
    if (head <= 0) {
      return head == RequestParser.INCOMPLETE
          ? new ReferenceParser.Incomplete()
          : new ReferenceParser.Refused(parser.fault().name());
    }
    Head parsed = parser.head();
    body.start(Framing.ofRequest(parsed), parsed.contentLength());
    in.skipBytes(head);
    while (!body.isComplete()) {
      // Handed over in pieces, since framing must not depend on where the network cuts.
      int piece = Math.min(in.readableBytes(), 1 + random.nextInt(8));
      if (piece == 0) {
        return new ReferenceParser.Incomplete();
      }
      int read = body.read(in.slice(in.readerIndex(), piece));
      if (read < 0) {
        return new ReferenceParser.Refused(body.fault().name());
      }
      in.skipBytes(read);
    }
    List<ReferenceParser.Line> fields =
        java.util.stream.IntStream.range(0, parsed.fields())
            .mapToObj(
                i ->
                    new ReferenceParser.Line(
                        new String(
                            parsed.octets(),
                            parsed.nameFrom(i),
                            parsed.nameTo(i) - parsed.nameFrom(i),
                            ISO_8859_1),
                        parsed.value(i)))
            .toList();
    return new ReferenceParser.Accepted(
        parsed.methodText(),
        new String(
            parsed.octets, parsed.targetFrom, parsed.targetTo - parsed.targetFrom, ISO_8859_1),
        fields,
        parsed.isPersistent(),
        parsed.isChunked() ? "chunked" : "" + Math.max(0, parsed.contentLength()),
        head,
        in.readerIndex());
  }

  /** What goes on must be a request that the slow parser reads as the same request. */
  private void checkForwarded(
      String request, ReferenceParser.Accepted original, String description) {
    ByteBuf in = Unpooled.copiedBuffer(request, ISO_8859_1);
    int length = parser.parse(in);
    Head head = parser.head();
    HeadWriter writer = new HeadWriter(limits, 1_024);
    writer.begin();
    writer.add("host: ".getBytes(ISO_8859_1), "added");
    head.dropAll(Field.HOST);
    assertThat(writer.request(head)).isPositive();
    ByteBuf out = Unpooled.buffer();
    writer.writeTo(out);
    out.writeBytes(in, in.readerIndex() + length, in.readableBytes() - length);
    ReferenceParser.Verdict again = ReferenceParser.parse(out.toString(ISO_8859_1));
    assertThat(again).as(description).isInstanceOf(ReferenceParser.Accepted.class);
    if (again instanceof ReferenceParser.Accepted a) {
      assertThat(a.method()).as(description).isEqualTo(original.method());
      assertThat(a.framing()).as(description).isEqualTo(original.framing());
      assertThat(a.consumed() - a.headLength())
          .as(description)
          .isEqualTo(original.consumed() - original.headLength() - skipped(request));
      assertThat(ReferenceParser.values(a.fields(), "host")).containsExactly("added");
      assertThat(ReferenceParser.options(a.fields())).as(description).isEmpty();
      for (String option : ReferenceParser.options(original.fields())) {
        assertThat(ReferenceParser.values(a.fields(), option)).as(description).isEmpty();
      }
    }
  }

  private static int skipped(String request) {
    return request.startsWith("\r\n") ? 2 : 0;
  }

  private static String quote(String request) {
    return request.replace("\r", "\\r").replace("\n", "\\n");
  }
}
