package io.fairlead.testkit.tidy;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/**
 * A Java source with its syntax tree; nothing is resolved. Immutable.
 *
 * @param file the text
 * @param tree its syntax
 * @param positions where the parts of the tree are in the text
 */
record JavaSource(TextFile file, CompilationUnitTree tree, SourcePositions positions) {
  /**
   * Parses all files.
   *
   * @throws IllegalArgumentException if one is not Java
   */
  static List<JavaSource> parse(List<TextFile> files) {
    var compiler = ToolProvider.getSystemJavaCompiler();
    var diagnostics = new DiagnosticCollector<JavaFileObject>();
    var objects = new LinkedHashMap<URI, InMemory>();
    files.stream().map(InMemory::new).forEach(object -> objects.put(object.toUri(), object));
    var options = List.of("-proc:none");
    var task =
        (JavacTask) compiler.getTask(null, null, diagnostics, options, null, objects.values());
    var positions = Trees.instance(task).getSourcePositions();
    var sources = new ArrayList<JavaSource>();
    try {
      for (var tree : task.parse()) {
        var object = Objects.requireNonNull(objects.get(tree.getSourceFile().toUri()));
        sources.add(new JavaSource(object.file, tree, positions));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (!diagnostics.getDiagnostics().isEmpty()) {
      throw new IllegalArgumentException(diagnostics.getDiagnostics().toString());
    }
    return List.copyOf(sources);
  }

  int firstLine(Tree part) {
    return lineAt(positions.getStartPosition(tree, part));
  }

  int lastLine(Tree part) {
    return lineAt(positions.getEndPosition(tree, part));
  }

  Finding finding(Tree part, String message) {
    return file.finding(firstLine(part), message);
  }

  private int lineAt(long position) {
    return (int) tree.getLineMap().getLineNumber(position);
  }

  private static final class InMemory extends SimpleJavaFileObject {
    private final TextFile file;

    InMemory(TextFile file) {
      super(URI.create("memory:///" + file.path()), Kind.SOURCE);
      this.file = file;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return file.text();
    }
  }
}
