package io.fairlead.cli;

import io.fairlead.config.Analysis;
import io.fairlead.config.Manifests;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fairlead validate}: checks files without a server. */
@Command(
    name = "validate",
    description = {
      "Check YAML files without a server.",
      "Services that only the registry knows are given with --service."
    },
    mixinStandardHelpOptions = true)
final class ValidateCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = {"-f", "--filename"},
      required = true,
      paramLabel = "FILE",
      description = "File, folder, or - for standard input. May stand several times.")
  private List<String> files = List.of();

  @Option(
      names = "--service",
      split = ",",
      paramLabel = "NAME",
      description = "A service that the registry will know.")
  private List<String> services = List.of();

  @Override
  public Integer call() {
    var out = Output.of(spec);
    var parsed =
        Manifests.join(ConfigFiles.read(files).stream().map(ConfigFiles.Source::parse).toList());
    var faults = new ArrayList<>(parsed.faults());
    if (faults.isEmpty()) {
      faults.addAll(Analysis.faults(parsed.documents(), services));
    }
    parsed.warnings().forEach(warning -> out.err().println("warning: " + warning));
    faults.forEach(fault -> out.err().println(fault));
    if (faults.isEmpty()) {
      out.out().println(parsed.documents().size() + " documents are valid");
    } else {
      out.err().println(faults.size() + (faults.size() == 1 ? " fault" : " faults"));
    }
    return faults.isEmpty() ? 0 : 1;
  }
}
