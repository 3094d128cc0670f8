package io.fairlead.proxy;

import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.exchange.Stack;
import io.fairlead.proxy.filter.ApiKeyCheck;
import io.fairlead.proxy.filter.CorsAnswering;
import io.fairlead.proxy.filter.CorsPreflight;
import io.fairlead.proxy.filter.Deadlines;
import io.fairlead.proxy.filter.FaultInjecting;
import io.fairlead.proxy.filter.ForwardedFor;
import io.fairlead.proxy.filter.GlobalLimiting;
import io.fairlead.proxy.filter.OutsideHeaders;
import io.fairlead.proxy.filter.RouteRateLimit;
import io.fairlead.proxy.filter.StrippedClientCert;
import io.fairlead.proxy.route.RouteActing;
import io.fairlead.proxy.route.Routing;
import java.util.ArrayList;
import java.util.List;

/** Calls that enter from outside, whose word on anything but the request counts for nothing. */
final class GatewayStack {
  private GatewayStack() {}

  static Stack assemble(String listener, StackParts parts) {
    List<Layer> layers = new ArrayList<>();
    layers.addAll(parts.observers());
    layers.add(parts.admission().entrance());
    layers.add(new ForwardedFor(parts.trust()));
    layers.add(new OutsideHeaders(parts.trust().underscores()));
    layers.add(parts.requestId());
    layers.add(new StrippedClientCert());
    layers.add(new CorsPreflight(parts.router()));
    layers.addAll(parts.filters());
    layers.add(new Routing(parts.router()));
    layers.addAll(parts.admission().behindRouting());
    layers.add(new CorsAnswering());
    layers.add(new ApiKeyCheck());
    layers.add(new RouteRateLimit());
    layers.add(new GlobalLimiting());
    layers.add(new FaultInjecting());
    layers.add(new RouteActing());
    layers.add(new Deadlines());
    return new Stack(listener, layers, parts.attempts(), parts.connectionObservers());
  }
}
