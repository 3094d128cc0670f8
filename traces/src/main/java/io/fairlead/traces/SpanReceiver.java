package io.fairlead.traces;

import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/**
 * What all ways in have in common: spans go to the store, and the sender hears what was not kept.
 * Safe for use by many threads.
 */
final class SpanReceiver {
  private final SpanStore store;
  private final LongAdder received = new LongAdder();
  private final LongAdder rejected = new LongAdder();
  private final LongAdder refusedMessages = new LongAdder();

  SpanReceiver(SpanStore store) {
    this.store = store;
  }

  ExportTraceServiceResponse receive(ExportTraceServiceRequest message) {
    var decoded = OtlpDecoder.decode(message);
    received.add(decoded.spans().size());
    rejected.add(decoded.rejected());
    var appended = store.append(decoded.spans());
    var response = ExportTraceServiceResponse.newBuilder();
    int lost = decoded.rejected() + appended.dropped();
    if (lost > 0) {
      response
          .getPartialSuccessBuilder()
          .setRejectedSpans(lost)
          .setErrorMessage(reason(decoded.reasons(), appended.dropped()));
    }
    return response.build();
  }

  /** A message that could not be read at all. */
  void refused() {
    refusedMessages.increment();
  }

  long receivedCount() {
    return received.sum();
  }

  long rejectedCount() {
    return rejected.sum();
  }

  long refusedMessageCount() {
    return refusedMessages.sum();
  }

  private static String reason(List<String> reasons, int dropped) {
    var all = new ArrayList<>(reasons);
    if (dropped > 0) {
      all.add(dropped + " spans came too late or are beyond the bound of one trace");
    }
    return String.join("; ", all);
  }
}
