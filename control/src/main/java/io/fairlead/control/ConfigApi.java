package io.fairlead.control;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.linecorp.armeria.common.AggregatedHttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.fairlead.config.Fault;
import io.fairlead.config.Manifest;
import io.fairlead.config.Manifests;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The configuration over HTTP. Safe for use by many threads.
 *
 * <p>{@code POST /v1/config?file=NAME&dryRun=true} with YAML, {@code GET /v1/config}, {@code GET}
 * and {@code DELETE /v1/config/KIND/NAMESPACE/NAME}. What is refused is answered with 422 and every
 * fault; what is accepted may have warnings.
 */
final class ConfigApi {
  private final ConfigStore store;
  private final Supplier<List<Fault>> directoryFaults;

  ConfigApi(ConfigStore store, Supplier<List<Fault>> directoryFaults) {
    this.store = store;
    this.directoryFaults = directoryFaults;
  }

  void addTo(ServerBuilder server) {
    server.route().post("/v1/config").build(HttpApi.blocking(this::apply));
    server.route().get("/v1/config").build(HttpApi.blocking((context, request) -> list()));
    var one = "/v1/config/{kind}/{namespace}/{name}";
    server.route().get(one).build(HttpApi.blocking((context, request) -> get(id(context))));
    server
        .route()
        .delete(one)
        .build(HttpApi.blocking((context, request) -> outcome(store.delete(List.of(id(context))))));
  }

  private HttpResponse apply(ServiceRequestContext context, AggregatedHttpRequest request)
      throws IOException {
    var file = HttpApi.parameter(context, "file", "(request)");
    var text =
        new ConfigStore.FileText(file, request.contentUtf8(), Manifests.ReferencedFiles.NONE);
    boolean dryRun = HttpApi.parameter(context, "dryRun", "false").equals("true");
    return outcome(dryRun ? store.validate(text) : store.apply(text));
  }

  private HttpResponse list() {
    var body = HttpApi.JSON.objectNode().put("version", store.version());
    var documents = body.putArray("documents");
    for (var document : store.documents()) {
      documents.add(id(document.id()).put("file", document.file()));
    }
    faults(body, "directoryFaults", directoryFaults.get());
    return HttpApi.json(HttpStatus.OK, body);
  }

  private HttpResponse get(Manifest.Id id) {
    Optional<ConfigDocument> document = store.document(id);
    if (document.isEmpty()) {
      return HttpApi.problem(HttpStatus.NOT_FOUND, id + " is not in force");
    }
    if (document.get().manifest() instanceof Manifest.Secret) {
      return HttpApi.problem(HttpStatus.FORBIDDEN, id + " is a secret and not shown");
    }
    var yaml =
        MediaType.create("application", "yaml")
            .withCharset(java.nio.charset.StandardCharsets.UTF_8);
    return HttpResponse.of(HttpStatus.OK, yaml, document.get().text() + "\n");
  }

  private static HttpResponse outcome(ConfigOutcome outcome) {
    return switch (outcome) {
      case ConfigOutcome.Accepted(long version, var changes, var warnings) -> {
        var body = HttpApi.JSON.objectNode().put("version", version);
        var array = body.putArray("changes");
        for (var change : changes) {
          array.add(id(change.id()).put("change", change.kind().name()));
        }
        faults(body, "warnings", warnings);
        yield HttpApi.json(HttpStatus.OK, body);
      }
      case ConfigOutcome.Refused(var faults) -> {
        var body = HttpApi.JSON.objectNode();
        faults(body, "faults", faults);
        yield HttpApi.json(HttpStatus.UNPROCESSABLE_ENTITY, body);
      }
    };
  }

  private static void faults(ObjectNode body, String name, List<Fault> faults) {
    var array = body.putArray(name);
    for (var fault : faults) {
      array
          .addObject()
          .put("file", fault.at().file())
          .put("line", fault.at().line())
          .put("column", fault.at().column())
          .put("path", fault.path())
          .put("value", fault.value())
          .put("rule", fault.rule())
          .put("suggestion", fault.suggestion().orElse(""))
          .put("message", fault.toString());
    }
  }

  private static Manifest.Id id(ServiceRequestContext context) {
    return new Manifest.Id(
        part(context.pathParam("kind")),
        part(context.pathParam("namespace")),
        part(context.pathParam("name")));
  }

  private static String part(@Nullable String value) {
    return value == null ? "" : value;
  }

  private static ObjectNode id(Manifest.Id id) {
    return HttpApi.JSON
        .objectNode()
        .put("kind", id.kind())
        .put("namespace", id.namespace())
        .put("name", id.name());
  }
}
