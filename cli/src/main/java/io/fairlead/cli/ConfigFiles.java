package io.fairlead.cli;

import io.fairlead.config.Manifests;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/** YAML files as a user names them: files, folders, and {@code -} for standard input. */
final class ConfigFiles {
  private static final Pattern KEYS_FILE =
      Pattern.compile("\\bkeysFile\\s*:\\s*[\"']?([^\\s\"',}]+)[\"']?");

  private ConfigFiles() {}

  /** A file with its text. */
  record Source(String name, String text, Path directory) {
    Manifests parse() {
      return Manifests.parse(name, text, Manifests.ReferencedFiles.in(directory));
    }

    /** Parses it and tells the folders of the files that it names. */
    Manifests parse(Consumer<Path> folders) {
      var files =
          Manifests.ReferencedFiles.telling(
              Manifests.ReferencedFiles.in(directory), file -> tell(file, folders));
      return Manifests.parse(name, text, files);
    }

    private void tell(String file, Consumer<Path> folders) {
      var folder = directory.resolve(file).toAbsolutePath().getParent();
      if (folder != null) {
        folders.accept(folder);
      }
    }
  }

  static List<Source> read(List<String> names) {
    var sources = new ArrayList<Source>();
    for (var name : names) {
      try {
        if (name.equals("-")) {
          var text = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
          sources.add(new Source("(standard input)", text, Path.of("")));
          continue;
        }
        var path = Path.of(name);
        if (!Files.isDirectory(path)) {
          sources.add(source(path));
          continue;
        }
        try (var files = Files.list(path)) {
          for (var file : files.sorted().filter(ConfigFiles::isYaml).toList()) {
            sources.add(source(file));
          }
        }
      } catch (IOException unreadable) {
        throw new CommandException("cannot read " + name + ": " + unreadable, unreadable);
      }
    }
    return sources;
  }

  private static boolean isYaml(Path file) {
    var name = file.toString();
    return name.endsWith(".yaml") || name.endsWith(".yml");
  }

  private static Source source(Path file) throws IOException {
    var parent = file.toAbsolutePath().getParent();
    return new Source(
        file.toString(), Files.readString(file), parent == null ? Path.of("") : parent);
  }

  /**
   * The text with the content of the key files that it names, since a server reads no files for its
   * clients.
   */
  static String withKeys(Source source) {
    var match = KEYS_FILE.matcher(source.text());
    return match.replaceAll(
        found -> {
          try {
            var keys = new StringBuilder("keys: [");
            for (var line : Files.readAllLines(source.directory().resolve(found.group(1)))) {
              var text = line.strip();
              int colon = text.indexOf(':');
              if (colon > 0 && !text.startsWith("#")) {
                keys.append(keys.toString().endsWith("[") ? "" : ", ");
                keys.append("{ client: \"").append(text, 0, colon).append("\", sha256: \"");
                keys.append(text, colon + 1, text.length()).append("\" }");
              }
            }
            return java.util.regex.Matcher.quoteReplacement(keys.append(']').toString());
          } catch (IOException unreadable) {
            throw new CommandException("cannot read keysFile " + found.group(1), unreadable);
          }
        });
  }
}
