package io.fairlead.outbox;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * What processes that are about to be killed saw, and the outside world that they act upon: a line
 * is one write to a file of all processes, which outlives them, and an effect is a file that is
 * created once.
 */
final class Journal implements Handler, AutoCloseable {
  private final Path folder;
  private final String process;
  private final FileChannel lines;
  private long read;

  /** What a process saw. */
  record Line(String word, String process, String key) {}

  Journal(Path folder, String process) throws IOException {
    this.folder = folder;
    this.process = process;
    Files.createDirectories(folder.resolve("effects"));
    lines =
        FileChannel.open(
            folder.resolve("journal.txt"),
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.APPEND);
  }

  void line(String word, String key) {
    try {
      String line = word + " " + process + " " + key + "\n";
      lines.write(ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Acts as a bank that knows its keys: the second time changes nothing. */
  @Override
  public Handled handle(Message message) throws IOException {
    line("handled", message.key());
    if (message.attempt() == 1 && message.id() % 7 == 0) {
      return Handled.failed("every seventh message fails once");
    }
    try {
      Files.createFile(folder.resolve("effects").resolve(message.key()));
      line("effect", message.key());
    } catch (FileAlreadyExistsException e) {
      line("repeated", message.key());
    }
    return Handled.done();
  }

  /** The lines that were written since the last call. */
  List<Line> unread() throws IOException {
    List<Line> found = new ArrayList<>();
    try (FileChannel channel = FileChannel.open(folder.resolve("journal.txt"))) {
      var bytes = ByteBuffer.allocate((int) (channel.size() - read));
      int count = Math.max(0, channel.read(bytes, read));
      String text = new String(bytes.array(), 0, count, StandardCharsets.UTF_8);
      String whole = text.substring(0, text.lastIndexOf('\n') + 1);
      read += whole.length(); // All of it is ASCII.
      for (String line : whole.split("\n")) {
        String[] words = line.split(" ", 3);
        if (words.length == 3) {
          found.add(new Line(words[0], words[1], words[2]));
        }
      }
    }
    return found;
  }

  boolean hasEffect(String key) {
    return Files.exists(folder.resolve("effects").resolve(key));
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
