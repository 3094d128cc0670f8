package io.fairlead.proxy.filter;

import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.InjectedFault;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.exchange.ResponseFlag;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.loop.Loop;
import io.fairlead.traffic.Share;

/** Holds requests back and answers them with errors as the route says, to try their callers. */
public final class FaultInjecting implements Layer {
  /** The wait of one request. */
  private record Delayed(Loop.Timer timer) {}

  @Override
  public Verdict request(Exchange exchange, Head head) {
    InjectedFault fault = exchange.route().fault();
    if (fault == null || !fault.applies().test(head)) {
      return Verdict.PASS;
    }
    if (drawn(exchange, fault.delayPerMillion())) {
      exchange.mark(ResponseFlag.DELAY_INJECTED);
      exchange
          .passage()
          .park(new Delayed(exchange.loop().schedule(exchange::goOn, fault.delayNanos())));
      return Verdict.WAIT;
    }
    return abort(exchange, fault);
  }

  @Override
  public Verdict resumed(Exchange exchange, Head head) {
    InjectedFault fault = exchange.route().fault();
    return fault == null ? Verdict.PASS : abort(exchange, fault);
  }

  private static Verdict abort(Exchange exchange, InjectedFault fault) {
    LocalReply answer = fault.abort();
    return answer != null && drawn(exchange, fault.abortPerMillion()) ? answer : Verdict.PASS;
  }

  private static boolean drawn(Exchange exchange, int perMillion) {
    return perMillion > 0 && exchange.loop().random(Share.WHOLE) < perMillion;
  }

  @Override
  public void end(Exchange exchange) {
    if (exchange.passage().parked() instanceof Delayed(Loop.Timer timer)) {
      timer.cancel();
    }
  }
}
