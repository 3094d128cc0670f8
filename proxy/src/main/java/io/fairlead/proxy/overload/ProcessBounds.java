package io.fairlead.proxy.overload;

import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What the machine lets this process use. Stateless. */
final class ProcessBounds {
  /** Descriptors for everything but connections: files, loops, the admin port. */
  private static final int OTHER_DESCRIPTORS = 128;

  private static final int MOST_CONNECTIONS = 1_000_000;

  /** Where the limit cannot be read; it is the usual one of a service under Linux, doubled. */
  private static final int UNKNOWN_CONNECTIONS = 20_000;

  private static final Path LIMITS = Path.of("/proc/self/limits");

  private ProcessBounds() {}

  static int connections() {
    try {
      return connections(Files.readAllLines(LIMITS));
    } catch (IOException notLinux) {
      return UNKNOWN_CONNECTIONS;
    }
  }

  /** From a line as {@code Max open files 1024 4096 files}: the first number counts. */
  static int connections(List<String> limits) {
    for (String line : limits) {
      if (line.startsWith("Max open files")) {
        String[] words = line.substring("Max open files".length()).strip().split("\\s+");
        if (words[0].equals("unlimited")) {
          return MOST_CONNECTIONS;
        }
        long descriptors = Long.parseLong(words[0]);
        return (int) Math.clamp((descriptors - OTHER_DESCRIPTORS) / 2, 16, MOST_CONNECTIONS);
      }
    }
    return UNKNOWN_CONNECTIONS;
  }

  /** {@code -XX:MaxDirectMemorySize}, or what the virtual machine takes where it is not given. */
  static long directMemory() {
    return PlatformDependent.maxDirectMemory();
  }
}
