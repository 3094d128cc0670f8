package io.fairlead.proxy.filter;

import io.fairlead.proxy.exchange.CallDeadline;
import io.fairlead.proxy.exchange.CallDeadline.Form;
import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.exchange.Reason;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.http1.HeadWriter;

/**
 * Has a request end by the deadline that its caller gives it, by {@code grpc-timeout} or {@code
 * x-envoy-expected-rq-timeout-ms}, or by its route's timeout if that comes first; and has each
 * attempt say how much of that is left. It stands behind the layer that chooses the target. A value
 * that cannot be read goes on as it came.
 */
public final class Deadlines implements Layer {
  @Override
  public Verdict request(Exchange exchange, Head head) {
    if (head.find(Form.GRPC.field(), 0) >= 0) {
      return bound(exchange, head, Form.GRPC);
    }
    return head.find(Form.ENVOY.field(), 0) >= 0 ? bound(exchange, head, Form.ENVOY) : Verdict.PASS;
  }

  private static Verdict bound(Exchange exchange, Head head, Form form) {
    int at = head.find(form.field(), 0);
    long wanted = form.parse(head.octets(), head.valueFrom(at), head.valueTo(at));
    if (wanted < 0) {
      return Verdict.PASS;
    }
    long configured = exchange.target().timeouts().requestNanos();
    long nanos = configured == 0 ? wanted : Math.min(wanted, configured);
    long deadline = exchange.startNanos() + nanos;
    long left = deadline - exchange.loop().nanos();
    if (left <= 0) {
      return LocalReply.of(Reason.TIMEOUT, "the deadline of the call has passed");
    }
    for (Form each : Form.values()) {
      head.dropAll(each.field());
    }
    HeadWriter writer = exchange.loop().writer();
    byte[] value = form.value(left);
    writer.append(form.nameColon(), 0, form.nameColon().length);
    exchange.deadline(new CallDeadline(form, deadline, writer.addedLength()));
    writer.append(value, 0, value.length);
    writer.endLine();
    return Verdict.PASS;
  }
}
