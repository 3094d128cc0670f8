package io.fairlead.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code fairlead proxy-status}: which data planes follow. */
@Command(
    name = "proxy-status",
    description = {
      "Show how far each connected proxy follows the configuration.",
      "SYNCED: applied; STALE: not yet answered; REJECTED: refused, with the reason."
    },
    mixinStandardHelpOptions = true)
final class ProxyStatusCommand implements Callable<Integer> {
  private static final List<String> TYPES =
      List.of("CLUSTER", "ENDPOINT", "SECRET", "LISTENER", "ROUTE");

  @Spec private @Nullable CommandSpec spec;
  @Mixin private final ApiOptions api = new ApiOptions();

  @Override
  public Integer call() {
    var header = new ArrayList<>(List.of("NODE", "ROLE", "OWNER"));
    header.addAll(TYPES);
    var rows = new ArrayList<List<String>>();
    var refusals = new ArrayList<String>();
    for (var proxy : api.get("/v1/proxies").orFail()) {
      var row = new ArrayList<String>();
      var node = proxy.path("node").asText();
      row.add(node);
      row.add(proxy.path("role").asText());
      row.add(proxy.path("owner").asText());
      for (var type : TYPES) {
        var cell = "NOT ASKED";
        for (var status : proxy.path("types")) {
          if (status.path("type").asText().equals(type)) {
            cell = status.path("state").asText() + " (" + status.path("resources") + ")";
            if (!status.path("refusal").isNull()) {
              refusals.add(node + " refused " + type + ": " + status.path("refusal").asText());
            }
          }
        }
        row.add(cell);
      }
      rows.add(row);
    }
    var out = Output.of(spec);
    out.table(header, rows);
    refusals.forEach(refusal -> out.err().println(refusal));
    return refusals.isEmpty() ? 0 : 1;
  }
}
