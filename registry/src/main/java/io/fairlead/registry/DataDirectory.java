package io.fairlead.registry;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * A folder that holds the state of one process, locked as long as this object is open. The lock is
 * the operating system's, so that it ends with its process however that ends; the lock file names
 * the holder for whoever comes second. The folder is readable by its owner only.
 */
public final class DataDirectory implements AutoCloseable {
  private static final String LOCK_FILE = "lock";
  private static final int MAX_HOLDER_BYTES = 1024;

  private final Path path;
  private final FileChannel channel;

  private DataDirectory(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /** The folder belongs to another process at this moment; the message names it. */
  public static final class InUseException extends IOException {
    private static final long serialVersionUID = 1L;

    InUseException(String message) {
      super(message);
    }
  }

  /**
   * Makes the folder if there is none, and locks it.
   *
   * @param command what runs here, for the message that a second process sees, such as {@code
   *     fairlead up}
   * @throws InUseException if another process holds it
   * @throws IOException if it cannot be made or written
   */
  public static DataDirectory open(Path path, String command) throws IOException {
    createPrivate(path);
    var channel =
        FileChannel.open(
            path.resolve(LOCK_FILE),
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() == null) {
        throw inUse(path, channel);
      }
      var holder = "process " + ProcessHandle.current().pid() + " (" + command + ")\n";
      channel.truncate(0);
      channel.write(ByteBuffer.wrap(holder.getBytes(UTF_8)), 0);
      return new DataDirectory(path, channel);
    } catch (OverlappingFileLockException e) {
      // This process holds it. The channel stays open: POSIX drops the locks of a process on a
      // file as soon as the process closes any descriptor of that file.
      throw inUse(path, channel);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /** The folder. */
  public Path path() {
    return path;
  }

  /** A file within the folder, which need not exist. */
  public Path file(String name) {
    return path.resolve(name);
  }

  /** Gives the folder free. */
  @Override
  public void close() throws IOException {
    channel.close();
  }

  private static InUseException inUse(Path path, FileChannel channel) throws IOException {
    return new InUseException(
        "data directory %s is in use by %s: stop it, or name another with --data"
            .formatted(path.toAbsolutePath().normalize(), holder(channel)));
  }

  private static String holder(FileChannel channel) throws IOException {
    var text = ByteBuffer.allocate(MAX_HOLDER_BYTES);
    channel.read(text, 0);
    var holder = new String(text.array(), 0, text.position(), UTF_8).strip();
    return holder.isEmpty() ? "another process" : holder;
  }

  private static void createPrivate(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      return;
    }
    if (path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      var ownerOnly = PosixFilePermissions.fromString("rwx------");
      Files.createDirectories(path, PosixFilePermissions.asFileAttribute(ownerOnly));
    } else {
      Files.createDirectories(path);
    }
  }
}
