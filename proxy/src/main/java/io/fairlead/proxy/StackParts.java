package io.fairlead.proxy;

import io.fairlead.proxy.exchange.AttemptLayer;
import io.fairlead.proxy.exchange.ConnectionLayer;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.filter.Admission;
import io.fairlead.proxy.policy.Bulkheading;
import io.fairlead.proxy.policy.CircuitBreaking;
import io.fairlead.proxy.policy.Limiting;
import io.fairlead.proxy.route.Router;
import io.fairlead.traffic.ClientTrust;
import java.util.ArrayList;
import java.util.List;

/**
 * What the stacks are assembled of. Immutable.
 *
 * @param admission bounds the requests under way
 * @param filters those of the listener, in its order
 * @param router of the listener's route table
 * @param observers see each request before all else, and its end after all else
 * @param attemptObservers see each attempt that no policy refuses
 * @param connectionObservers see each connection that is passed on
 * @param requestId names requests
 * @param trust how far clients are believed
 */
record StackParts(
    Admission.Layers admission,
    List<Layer> filters,
    Router router,
    List<Layer> observers,
    List<AttemptLayer> attemptObservers,
    List<ConnectionLayer> connectionObservers,
    Layer requestId,
    ClientTrust trust) {
  StackParts {
    filters = List.copyOf(filters);
    observers = List.copyOf(observers);
    attemptObservers = List.copyOf(attemptObservers);
    connectionObservers = List.copyOf(connectionObservers);
  }

  /** The layers of every attempt are the same on all sides. */
  List<AttemptLayer> attempts() {
    List<AttemptLayer> layers = new ArrayList<>();
    layers.add(new Bulkheading());
    layers.add(new Limiting());
    layers.add(new CircuitBreaking());
    layers.addAll(attemptObservers);
    return layers;
  }
}
