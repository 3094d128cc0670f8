package io.fairlead.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fairlead api-key}: makes a key and keeps its hash. */
@Command(
    name = "api-key",
    description = {
      "Make an API key: print it once and add its hash to a file.",
      "A SecurityPolicy names the file in spec.apiKey.keysFile."
    },
    mixinStandardHelpOptions = true)
final class ApiKeyCommand implements Callable<Integer> {
  private static final int KEY_BYTES = 24;

  @Spec private @Nullable CommandSpec spec;

  @Option(names = "--client", required = true, description = "Whose key it is; no colon.")
  private String client = "";

  @Option(names = "--file", required = true, description = "Where the hash is added.")
  private Path file = Path.of("keys.txt");

  @Override
  public Integer call() throws IOException {
    if (!client.matches("[^:\\s]{1,128}")) {
      throw new CommandException(
          "--client: '" + client + "' must have 1 to 128 characters without colon or space");
    }
    var bytes = new byte[KEY_BYTES];
    new SecureRandom().nextBytes(bytes);
    var key = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    Files.writeString(
        file,
        client + ":" + sha256(key) + "\n",
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
    Output.of(spec).out().println(key);
    return 0;
  }

  static String sha256(String text) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java platform has SHA-256", impossible);
    }
  }
}
