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
import java.util.List;

/**
 * What a process that is about to be killed saw, and the outside world that it acts upon: a line is
 * one write, which outlives the process, and an effect is a file that is created once.
 */
final class Journal implements Handler, AutoCloseable {
  private final Path folder;
  private final FileChannel lines;

  Journal(Path folder) throws IOException {
    this.folder = Files.createDirectories(folder);
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
      lines.write(ByteBuffer.wrap((word + " " + key + "\n").getBytes(StandardCharsets.UTF_8)));
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

  List<String> read() throws IOException {
    return Files.readAllLines(folder.resolve("journal.txt"));
  }

  boolean hasEffect(String key) {
    return Files.exists(folder.resolve("effects").resolve(key));
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
