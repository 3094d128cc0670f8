package io.fairlead.control;

import io.fairlead.config.Difference;
import io.fairlead.config.DocumentText;
import io.fairlead.config.Manifests;
import io.fairlead.control.ConfigDocument.Origin;
import io.fairlead.control.ConfigStore.FileText;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What was read of the files of a folder. Immutable. Files and documents whose text is the same as
 * before keep the objects that were made of them, so that a change of one document among many costs
 * what that one costs; a document that names other files is read anew, since these may have
 * changed.
 */
final class ReadFiles {
  /** Of no file. */
  static final ReadFiles NONE = new ReadFiles(List.of());

  private final List<One> files;
  private final Map<String, One> byName = new HashMap<>();

  /** A document, or what is wrong with it; it is kept unless it names other files. */
  private record Part(Manifests read, List<ConfigDocument> documents, boolean isPure) {
    boolean isQuiet() {
      return read.faults().isEmpty() && read.warnings().isEmpty();
    }
  }

  /** A file with its documents in their order, and whether none of them has a fault or warning. */
  private record One(String text, Map<DocumentText, Part> parts, boolean isPure, boolean isQuiet) {
    One(String text, Map<DocumentText, Part> parts, boolean isPure) {
      this(text, parts, isPure, parts.values().stream().allMatch(Part::isQuiet));
    }

    List<ConfigDocument> documents() {
      return parts.values().stream().flatMap(part -> part.documents.stream()).toList();
    }
  }

  private ReadFiles(List<One> files) {
    this.files = files;
  }

  /** Reads these files, and keeps what is the same here. */
  ReadFiles next(List<FileText> texts, Origin origin) {
    var next = new ReadFiles(new ArrayList<>());
    for (var file : texts) {
      var known = byName.get(file.file());
      boolean same = known != null && known.isPure && known.text.equals(file.text());
      var one = same ? known : read(file, origin, known == null ? Map.of() : known.parts);
      next.files.add(one);
      next.byName.put(file.file(), one);
    }
    return next;
  }

  private static One read(FileText file, Origin origin, Map<DocumentText, Part> known) {
    var parts = new java.util.LinkedHashMap<DocumentText, Part>();
    if (file.text().length() > Manifests.MAX_FILE_LENGTH) {
      var refused = Manifests.parse(file.file(), file.text(), file.references());
      parts.put(new DocumentText(1, ""), new Part(refused, List.of(), true));
      return new One(file.text(), parts, true);
    }
    boolean pure = true;
    for (var text : Manifests.split(file.text())) {
      var before = known.get(text);
      var part = before != null && before.isPure ? before : parse(file, text, origin);
      parts.put(text, part);
      pure &= part.isPure;
    }
    return new One(file.text(), parts, pure);
  }

  private static Part parse(FileText file, DocumentText text, Origin origin) {
    var asked = new AtomicBoolean();
    var references = Manifests.ReferencedFiles.telling(file.references(), name -> asked.set(true));
    var read = Manifests.parse(file.file(), text, references);
    var documents =
        read.documents().stream()
            .map(manifest -> new ConfigDocument(manifest, origin, file.file(), text))
            .toList();
    return new Part(read, documents, !asked.get());
  }

  /** Everything together, with all faults. */
  Manifests joined() {
    var parts = files.stream().flatMap(file -> file.parts.values().stream());
    return Manifests.join(parts.map(Part::read).toList());
  }

  /** Whether no document has a fault or warning; documents may still stand twice. */
  boolean isQuiet() {
    return files.stream().allMatch(One::isQuiet);
  }

  /** In which documents these differ from those of earlier files. */
  Difference<ConfigDocument> since(ReadFiles earlier) {
    var removed = new ArrayList<ConfigDocument>();
    var added = new ArrayList<ConfigDocument>();
    var names = new HashSet<>(byName.keySet());
    names.addAll(earlier.byName.keySet());
    for (var name : names) {
      var before = earlier.byName.get(name);
      var now = byName.get(name);
      if (before != now) {
        var change =
            Difference.of(
                before == null ? List.<ConfigDocument>of() : before.documents(),
                now == null ? List.<ConfigDocument>of() : now.documents());
        removed.addAll(change.removed());
        added.addAll(change.added());
      }
    }
    return new Difference<>(removed, added);
  }

  List<ConfigDocument> documents() {
    return files.stream().flatMap(file -> file.documents().stream()).toList();
  }
}
