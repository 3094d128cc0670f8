package io.fairlead.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * Documents read from one or more files, with everything that is wrong in them. Immutable.
 *
 * @param documents those that could be read, in the order of files and lines
 * @param faults empty if all could be read
 * @param warnings what is accepted and does less than it may seem, each at its field; it keeps
 *     nothing from coming into force
 */
public record Manifests(List<Manifest> documents, List<Fault> faults, List<Fault> warnings) {
  /** Longest file that is read, in characters. */
  public static final int MAX_FILE_LENGTH = 1 << 20;

  /** Gives the text of a file that a document refers to. */
  @FunctionalInterface
  public interface ReferencedFiles {
    /**
     * The text of the file.
     *
     * @param name as it stands in the document
     * @throws java.io.IOException if it cannot be read
     */
    String read(String name) throws java.io.IOException;

    /**
     * The text of a file that holds a private key.
     *
     * @param name as it stands in the document
     * @throws java.io.IOException if it cannot be read, or if others than its owner and group can
     */
    default String readPrivate(String name) throws java.io.IOException {
      return read(name);
    }

    /**
     * The octets of a file that holds no text, in Base64.
     *
     * @param name as it stands in the document
     * @throws java.io.IOException if it cannot be read
     */
    default String readBase64(String name) throws java.io.IOException {
      throw new java.io.IOException(name + " cannot be read here");
    }

    /** Tells of each file by its name before it is read. */
    static ReferencedFiles telling(ReferencedFiles files, Consumer<String> names) {
      return new ToldFiles(files, names);
    }

    /** Reads files by their paths, which begin at this folder unless they are absolute. */
    static ReferencedFiles in(java.nio.file.Path folder) {
      return new FolderFiles(folder);
    }

    /** Refuses all references: for text that did not come from a folder. */
    ReferencedFiles NONE =
        name -> {
          throw new java.io.IOException("files cannot be read here");
        };
  }

  public Manifests {
    documents = List.copyOf(documents);
    faults = List.copyOf(faults);
    warnings = List.copyOf(warnings);
  }

  /**
   * Reads all documents of one YAML file. Pure but for {@code files}.
   *
   * @param file its name, for messages
   * @param text at most {@link #MAX_FILE_LENGTH} characters of YAML 1.2, documents parted by ---
   * @param files how referenced files are read
   */
  public static Manifests parse(String file, String text, ReferencedFiles files) {
    var faults = new Faults(file);
    var documents = new ArrayList<Manifest>();
    var start = new Position(file, 1, 1);
    if (text.length() > MAX_FILE_LENGTH) {
      var rule = "must have at most " + MAX_FILE_LENGTH + " characters, has " + text.length();
      faults.add(start, "(file)", "", rule, Optional.empty());
      return new Manifests(List.of(), faults.list(), List.of());
    }
    for (var document : split(text)) {
      compose(document, faults, files).ifPresent(documents::add);
    }
    return new Manifests(documents, faults.list(), faults.warnings());
  }

  /**
   * Reads one document of a file. Pure but for {@code files}.
   *
   * @param file its name, for messages
   * @param text of {@link #split}
   * @param files how referenced files are read
   */
  public static Manifests parse(String file, DocumentText text, ReferencedFiles files) {
    var faults = new Faults(file);
    var read = compose(text, faults, files);
    return new Manifests(read.stream().toList(), faults.list(), faults.warnings());
  }

  /**
   * The documents of a text. Lines that begin with {@code ---} part them (YAML 1.2 section 9.1.4).
   */
  public static List<DocumentText> split(String text) {
    var parts = new ArrayList<DocumentText>();
    var part = new StringBuilder();
    int first = 1;
    int number = 1;
    for (var line : text.split("\n")) {
      if (line.equals("---") || line.startsWith("--- ") || line.equals("---\r")) {
        parts.add(new DocumentText(first, part.toString()));
        part = new StringBuilder("   ").append(line, 3, line.length()).append('\n');
        first = number;
      } else {
        part.append(line).append('\n');
      }
      number++;
    }
    parts.add(new DocumentText(first, part.toString()));
    return parts.stream().filter(document -> !document.text().isBlank()).toList();
  }

  private static Optional<Manifest> compose(
      DocumentText text, Faults faults, ReferencedFiles files) {
    faults.document(text.line());
    var start = faults.position(1, 1);
    var settings =
        LoadSettings.builder()
            .setLabel(faults.file())
            .setUseMarks(true)
            .setMaxAliasesForCollections(20)
            .setCodePointLimit(MAX_FILE_LENGTH * 4)
            .build();
    try {
      return new Compose(settings)
          .composeString(text.text())
          .flatMap(node -> read(node, faults, files));
    } catch (MarkedYamlEngineException broken) {
      var at =
          broken
              .getProblemMark()
              .map(mark -> faults.position(mark.getLine() + 1, mark.getColumn() + 1))
              .orElse(start);
      faults.add(at, "(document)", "", "is not YAML: " + broken.getProblem(), Optional.empty());
    } catch (YamlEngineException broken) {
      faults.add(start, "(document)", "", "is not YAML: " + broken.getMessage(), Optional.empty());
    }
    return Optional.empty();
  }

  /** All documents of several files; a document that stands in two of them is a fault. */
  public static Manifests join(List<Manifests> parts) {
    var documents = new ArrayList<Manifest>();
    var faults = new ArrayList<Fault>();
    var warnings = new ArrayList<Fault>();
    var seen = new HashMap<Manifest.Id, Position>();
    for (var part : parts) {
      faults.addAll(part.faults);
      warnings.addAll(part.warnings);
      for (var document : part.documents) {
        var at = document.metadata().at();
        var other = seen.putIfAbsent(document.id(), at);
        if (other == null) {
          documents.add(document);
        } else {
          var rule = "stands at " + other + " already";
          faults.add(
              new Fault(at, "metadata.name", document.id().toString(), rule, Optional.empty()));
        }
      }
    }
    return new Manifests(documents, faults, warnings);
  }

  private static Optional<Manifest> read(Node node, Faults faults, ReferencedFiles files) {
    if (!(node instanceof MappingNode mapping)) {
      var empty = node.getTag().getValue().endsWith(":null");
      if (!empty) {
        faults.add(node, "(document)", "", "must be a mapping with apiVersion, kind, metadata");
      }
      return Optional.empty();
    }
    return new ManifestReader(faults, files).read(new Fields(mapping, "", faults));
  }
}
