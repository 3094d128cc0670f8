package io.fairlead.traces;

import io.grpc.stub.StreamObserver;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.collector.trace.v1.TraceServiceGrpc.TraceServiceImplBase;

/** OTLP over gRPC: {@code opentelemetry.proto.collector.trace.v1.TraceService/Export}. */
final class OtlpGrpc extends TraceServiceImplBase {
  private final SpanReceiver receiver;

  OtlpGrpc(SpanReceiver receiver) {
    this.receiver = receiver;
  }

  @Override
  public void export(
      ExportTraceServiceRequest request, StreamObserver<ExportTraceServiceResponse> answer) {
    answer.onNext(receiver.receive(request));
    answer.onCompleted();
  }
}
