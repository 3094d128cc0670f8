package io.fairlead.traces;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.linecorp.armeria.common.AggregatedHttpRequest;
import com.linecorp.armeria.common.ContentTooLargeException;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.util.Exceptions;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.HttpStatusException;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.Semaphore;
import java.util.zip.GZIPInputStream;

/**
 * OTLP over HTTP, {@code POST /v1/traces} (OTLP specification, "OTLP/HTTP"): protobuf or JSON,
 * plain or gzip. Messages are bounded before and after they are unpacked, and so is their number at
 * one time.
 */
final class OtlpHttp implements HttpService {
  private static final MediaType PROTOBUF = MediaType.parse("application/x-protobuf");
  private static final int INVALID_ARGUMENT = 3;
  private static final int RESOURCE_EXHAUSTED = 8;
  private static final int UNAVAILABLE = 14;
  private static final int STATUS_CODE_FIELD = 1;
  private static final int STATUS_MESSAGE_FIELD = 2;

  private final SpanReceiver receiver;
  private final int maxMessageBytes;
  private final Semaphore permits;

  OtlpHttp(TraceBackendSettings settings, SpanReceiver receiver) {
    this.receiver = receiver;
    this.maxMessageBytes = settings.maxMessageBytes();
    this.permits = new Semaphore(settings.maxConcurrentMessages());
  }

  /** The two forms of a message; the answer has the form of the question. */
  private enum Form {
    PROTOBUF,
    JSON
  }

  @Override
  public HttpResponse serve(ServiceRequestContext ctx, HttpRequest request) {
    var type = request.contentType();
    var form = type != null && type.is(MediaType.JSON) ? Form.JSON : Form.PROTOBUF;
    if (ctx.method() != HttpMethod.POST) {
      return refuse(
          HttpStatus.METHOD_NOT_ALLOWED, INVALID_ARGUMENT, "only POST is supported", form);
    }
    if (type == null || !(type.is(MediaType.JSON) || type.is(PROTOBUF))) {
      return refuse(
          HttpStatus.UNSUPPORTED_MEDIA_TYPE,
          INVALID_ARGUMENT,
          "content-type: must be application/x-protobuf or application/json, was " + type,
          form);
    }
    if (!permits.tryAcquire()) {
      return refuse(HttpStatus.SERVICE_UNAVAILABLE, UNAVAILABLE, "too many messages", form);
    }
    ctx.setMaxRequestLength(maxMessageBytes);
    var answer =
        request
            .aggregate()
            .thenApplyAsync(whole -> accept(whole, form), ctx.blockingTaskExecutor())
            .exceptionally(thrown -> failure(thrown, form))
            .whenComplete((response, thrown) -> permits.release());
    return HttpResponse.of(answer);
  }

  private HttpResponse accept(AggregatedHttpRequest whole, Form form) {
    var encoding = whole.headers().get(HttpHeaderNames.CONTENT_ENCODING, "identity");
    try {
      byte[] body =
          switch (encoding) {
            case "identity" -> whole.content().array();
            case "gzip" -> unpack(whole.content().array());
            default ->
                throw new IOException(
                    "content-encoding: must be gzip or identity, was " + encoding);
          };
      var response = receiver.receive(parse(body, form));
      return switch (form) {
        case PROTOBUF ->
            HttpResponse.of(HttpStatus.OK, PROTOBUF, HttpData.wrap(response.toByteArray()));
        case JSON -> HttpResponse.of(HttpStatus.OK, MediaType.JSON, OtlpJson.write(response));
      };
    } catch (IOException e) {
      receiver.refused();
      return refuse(HttpStatus.BAD_REQUEST, INVALID_ARGUMENT, String.valueOf(e.getMessage()), form);
    }
  }

  private static ExportTraceServiceRequest parse(byte[] body, Form form) throws IOException {
    try {
      return switch (form) {
        case PROTOBUF -> ExportTraceServiceRequest.parseFrom(body);
        case JSON -> OtlpJson.read(body);
      };
    } catch (InvalidProtocolBufferException e) {
      throw new IOException("not an ExportTraceServiceRequest: " + e.getMessage(), e);
    }
  }

  /** Stops at the bound, whatever the packed form says of its length. */
  private byte[] unpack(byte[] packed) throws IOException {
    try (var in = new GZIPInputStream(new ByteArrayInputStream(packed))) {
      byte[] plain = in.readNBytes(maxMessageBytes);
      if (in.read() >= 0) {
        throw ContentTooLargeException.get();
      }
      return plain;
    }
  }

  private HttpResponse failure(Throwable thrown, Form form) {
    var cause = Exceptions.peel(thrown);
    boolean tooLarge =
        cause instanceof ContentTooLargeException
            || (cause instanceof HttpStatusException
                && cause.getCause() instanceof ContentTooLargeException);
    if (!tooLarge) {
      return HttpResponse.ofFailure(cause);
    }
    receiver.refused();
    return refuse(
        HttpStatus.REQUEST_ENTITY_TOO_LARGE,
        RESOURCE_EXHAUSTED,
        "message: must be at most " + maxMessageBytes + " bytes",
        form);
  }

  /** The body is a {@code google.rpc.Status}. */
  private static HttpResponse refuse(HttpStatus status, int code, String message, Form form) {
    var headers = ResponseHeaders.builder(status);
    if (status == HttpStatus.SERVICE_UNAVAILABLE) {
      headers.set(HttpHeaderNames.RETRY_AFTER, "1");
    }
    return switch (form) {
      case PROTOBUF ->
          HttpResponse.of(
              headers.contentType(PROTOBUF).build(), HttpData.wrap(status(code, message)));
      case JSON ->
          HttpResponse.of(
              headers.contentType(MediaType.JSON).build(),
              HttpData.ofUtf8(TraceJson.rpcStatus(code, message)));
    };
  }

  private static byte[] status(int code, String message) {
    var bytes = new ByteArrayOutputStream();
    try {
      var out = CodedOutputStream.newInstance(bytes);
      out.writeInt32(STATUS_CODE_FIELD, code);
      out.writeString(STATUS_MESSAGE_FIELD, message);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return bytes.toByteArray();
  }
}
