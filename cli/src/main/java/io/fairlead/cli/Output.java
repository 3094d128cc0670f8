package io.fairlead.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Where a command prints.
 *
 * @param out results
 * @param err everything else
 */
public record Output(PrintWriter out, PrintWriter err) {

  /** The writers of the running command. */
  public static Output of(@Nullable CommandSpec spec) {
    if (spec == null) {
      throw new IllegalStateException("spec: is set by the command line before a command runs");
    }
    return new Output(spec.commandLine().getOut(), spec.commandLine().getErr());
  }

  /** Prints rows under a header, each column as wide as its widest cell. */
  public void table(List<String> header, List<List<String>> rows) {
    var all = new ArrayList<List<String>>();
    all.add(header);
    all.addAll(rows);
    for (var row : all) {
      var line = new StringBuilder();
      for (int column = 0; column < row.size(); column++) {
        int at = column;
        int width = all.stream().mapToInt(r -> r.get(at).length()).max().orElse(0);
        var cell = row.get(column);
        line.append(cell);
        if (column < row.size() - 1) {
          line.append(" ".repeat(width - cell.length() + 2));
        }
      }
      out.println(line);
    }
    out.flush();
  }
}
