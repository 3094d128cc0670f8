package io.fairlead.discovery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventReaderTest {
  @Test
  void eventsEndAtAnEmptyLine() throws IOException {
    assertThat(read("id: c/1\nevent: put\ndata: {}\n\nid:c/2\r\nevent:removed\r\ndata:x\r\n\r\n"))
        .containsExactly("c/1 put {}", "c/2 removed x");
  }

  @Test
  void dataOfSeveralLinesIsJoined() throws IOException {
    assertThat(read("data: a\ndata: b\n\n")).containsExactly("  a\nb");
  }

  @Test
  void commentsAndUnknownFieldsAreSkipped() throws IOException {
    assertThat(read(": keep-alive\n\nretry: 5\n\nid: c/3\n\n")).containsExactly("c/3  ");
  }

  @Test
  void aCutEventIsNotDelivered() throws IOException {
    assertThat(read("id: c/1\nevent: put\ndata: {\"a\"")).isEmpty();
    assertThat(read("id: c/1\nevent: put\ndata: {}\n")).isEmpty();
  }

  @Test
  void anEventBeyondTheBoundIsRefused() {
    assertThatThrownBy(() -> read("data: " + "x".repeat(200) + "\n\n"))
        .hasMessage("event is longer than maxResponseBytes, 100");
  }

  @Test
  void theBoundCountsEachEventAnew() throws IOException {
    assertThat(read(("data: " + "x".repeat(60) + "\n\n").repeat(5))).hasSize(5);
    assertThat(read((": " + "x".repeat(60) + "\n\n").repeat(5))).isEmpty();
  }

  private static List<String> read(String text) throws IOException {
    var reader = new EventReader(new ByteArrayInputStream(text.getBytes(UTF_8)), 100);
    var events = new ArrayList<String>();
    for (var event = reader.next(); event.isPresent(); event = reader.next()) {
      var next = event.get();
      events.add(next.id() + " " + next.name() + " " + new String(next.data(), UTF_8));
    }
    return events;
  }
}
