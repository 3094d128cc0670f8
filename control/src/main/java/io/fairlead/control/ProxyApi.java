package io.fairlead.control;

import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.server.ServerBuilder;
import java.util.Comparator;
import java.util.List;

/**
 * The connected data planes over HTTP: {@code GET /v1/proxies} and {@code GET /v1/proxies/ID}. Safe
 * for use by many threads.
 */
final class ProxyApi {
  private final List<AdsService> services;

  ProxyApi(List<AdsService> services) {
    this.services = services;
  }

  void addTo(ServerBuilder server) {
    server.route().get("/v1/proxies").build(HttpApi.blocking((context, request) -> list()));
    server
        .route()
        .get("/v1/proxies/{id}")
        .build(HttpApi.blocking((context, request) -> config(context.pathParam("id"))));
  }

  private HttpResponse list() {
    var array = HttpApi.JSON.arrayNode();
    services.stream()
        .flatMap(service -> service.statuses().stream())
        .sorted(Comparator.comparing(ProxyStatus::node))
        .forEach(
            status -> {
              var object = array.addObject();
              object.put("node", status.node()).put("role", status.role());
              object.put("owner", status.owner());
              object.put("connectedAt", status.connectedAt().toString());
              var types = object.putArray("types");
              for (var type : status.types()) {
                types
                    .addObject()
                    .put("type", type.type())
                    .put("state", type.state())
                    .put("sent", type.sent())
                    .put("acknowledged", type.acknowledged())
                    .put("resources", type.resources())
                    .put("refusal", type.refusal());
              }
            });
    return HttpApi.json(HttpStatus.OK, array);
  }

  private HttpResponse config(@org.jspecify.annotations.Nullable String id) {
    for (var service : services) {
      for (var stream : service.streams()) {
        var status = stream.status();
        var snapshot = stream.snapshot();
        if (status != null && snapshot != null && status.node().equals(id)) {
          return HttpApi.json(HttpStatus.OK, ModelJson.of(snapshot));
        }
      }
    }
    return HttpApi.problem(HttpStatus.NOT_FOUND, "no data plane '" + id + "' is connected");
  }
}
