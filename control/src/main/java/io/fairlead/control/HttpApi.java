package io.fairlead.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.linecorp.armeria.common.AggregatedHttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServiceRequestContext;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the HTTP interfaces of the control plane share. Stateless. */
final class HttpApi {
  private static final Logger LOG = LoggerFactory.getLogger(HttpApi.class);
  static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private HttpApi() {}

  /** Answers one whole request; may block. */
  @FunctionalInterface
  interface Handler {
    HttpResponse handle(ServiceRequestContext context, AggregatedHttpRequest request)
        throws IOException;
  }

  /** Runs the handler off the event loop; a failure of storage is a 503 that says so. */
  static HttpService blocking(Handler handler) {
    return (context, request) ->
        HttpResponse.of(
            request
                .aggregate()
                .thenApplyAsync(
                    whole -> answer(handler, context, whole), context.blockingTaskExecutor()));
  }

  private static HttpResponse answer(
      Handler handler, ServiceRequestContext context, AggregatedHttpRequest request) {
    try {
      return handler.handle(context, request);
    } catch (IOException failed) {
      LOG.error("{} {} failed", request.method(), request.path(), failed);
      return problem(HttpStatus.SERVICE_UNAVAILABLE, String.valueOf(failed.getMessage()));
    }
  }

  static HttpResponse json(HttpStatus status, JsonNode body) {
    return HttpResponse.of(status, MediaType.JSON_UTF_8, body.toString() + "\n");
  }

  /** RFC 9457 problem details. */
  static HttpResponse problem(HttpStatus status, String detail) {
    var body = JSON.objectNode().put("title", status.reasonPhrase());
    body.put("status", status.code()).put("detail", detail);
    return HttpResponse.of(
        status, MediaType.create("application", "problem+json"), body.toString() + "\n");
  }

  static String parameter(ServiceRequestContext context, String name, String otherwise) {
    return context.queryParams().get(name, otherwise);
  }
}
