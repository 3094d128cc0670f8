package io.fairlead.interop.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A program of another make that runs beside a test, is told what to do by lines, and tells what
 * happens by lines. For one thread.
 */
final class Peer implements AutoCloseable {
  private static final String END = "(end)";

  private final Process process;
  private final Writer in;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
  private final List<String> heard = new ArrayList<>();

  Peer(String... command) throws IOException {
    process = new ProcessBuilder(command).redirectErrorStream(true).start();
    in = process.outputWriter();
    Thread.startVirtualThread(this::listen);
  }

  private void listen() {
    try (BufferedReader out = process.inputReader()) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        lines.add(line);
      }
    } catch (IOException e) {
      lines.add(e.toString());
    }
    lines.add(END);
  }

  /**
   * Finds a program on the path or in one of these other folders. Where it is not there the test is
   * skipped, but never in CI.
   */
  static Path find(String name, String... folders) {
    String path = System.getenv().getOrDefault("PATH", "");
    List<String> all = new ArrayList<>(List.of(path.split(File.pathSeparator)));
    all.addAll(List.of(folders));
    Optional<Path> found =
        all.stream().map(folder -> Path.of(folder, name)).filter(Files::isExecutable).findFirst();
    String absent = name + " is not there, in none of " + all;
    assertThat(found.isPresent() || !System.getenv().containsKey("CI")).as(absent).isTrue();
    assumeTrue(found.isPresent(), absent);
    return found.orElseThrow();
  }

  /** Runs a command to its end in a folder; what it printed. */
  static String run(Path folder, String... command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    String said;
    try (BufferedReader out = process.inputReader()) {
      said = String.join("\n", out.readAllLines());
    }
    assertThat(process.waitFor()).as(String.join(" ", command) + "\n" + said).isZero();
    return said;
  }

  Peer say(String line) throws IOException {
    in.write(line + "\n");
    in.flush();
    return this;
  }

  /** Nothing more will be said to it. */
  Peer endInput() throws IOException {
    in.close();
    return this;
  }

  /** Waits for a line that begins so; what stands behind that. */
  String await(String beginning) throws InterruptedException {
    while (true) {
      String line = lines.poll(60, TimeUnit.SECONDS);
      heard.add(String.valueOf(line));
      assertThat(line)
          .as("'%s' awaited; before: %s", beginning, heard)
          .isNotNull()
          .isNotEqualTo(END);
      if (line.startsWith(beginning)) {
        return line.substring(beginning.length()).strip();
      }
    }
  }

  /** What it says up to its end. */
  List<String> toEnd() throws InterruptedException {
    List<String> all = new ArrayList<>();
    String line = lines.poll(90, TimeUnit.SECONDS);
    while (line != null && !line.equals(END)) {
      all.add(line);
      line = lines.poll(90, TimeUnit.SECONDS);
    }
    return all;
  }

  @Override
  public void close() {
    try {
      in.close();
      if (!process.waitFor(5, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
