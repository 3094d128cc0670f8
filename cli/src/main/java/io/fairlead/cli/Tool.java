package io.fairlead.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs programs of the operating system. Stateless. */
final class Tool {
  private static final long LONGEST_SECONDS = 30;
  private static final int MOST_REPEATS = 16;

  private Tool() {}

  /** What a program said: on standard output if all went well, on either if not. */
  record Result(int code, String out) {
    boolean succeeded() {
      return code == 0;
    }
  }

  /** Whether the program is here. */
  static boolean isPresent(String program) {
    try {
      run("", List.of(program, "-V"));
      return true;
    } catch (CommandException absent) {
      return false;
    }
  }

  /**
   * Runs it.
   *
   * @throws CommandException if it fails, with the command and what it said
   */
  static void need(String input, List<String> command) {
    var result = run(input, command);
    if (!result.succeeded()) {
      throw new CommandException(String.join(" ", command) + " failed: " + result.out.strip());
    }
  }

  /**
   * Runs it until it fails, as what removes one of several does once none is left.
   *
   * @throws CommandException if it cannot be run
   */
  static void untilItFails(List<String> command) {
    for (int i = 0; i < MOST_REPEATS; i++) {
      if (!run("", command).succeeded()) {
        return;
      }
    }
  }

  /**
   * Runs it to its end.
   *
   * @throws CommandException if it cannot be run or does not end
   */
  static Result run(String input, List<String> command) {
    var program = command.getFirst();
    try {
      var process = new ProcessBuilder(command).redirectErrorStream(true).start();
      try (var in = process.getOutputStream()) {
        in.write(input.getBytes(UTF_8));
      }
      var out = new String(process.getInputStream().readAllBytes(), UTF_8);
      if (!process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new CommandException(program + " did not end within " + LONGEST_SECONDS + " s");
      }
      return new Result(process.exitValue(), out);
    } catch (IOException failed) {
      throw new CommandException("cannot run " + program + ": " + failed.getMessage(), failed);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new CommandException("interrupted", interrupted);
    }
  }
}
