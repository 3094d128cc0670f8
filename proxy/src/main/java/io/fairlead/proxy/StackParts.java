package io.fairlead.proxy;

import io.fairlead.proxy.exchange.AttemptLayer;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.route.Router;
import java.util.List;

/**
 * What the stacks are assembled of. Immutable.
 *
 * @param admission bounds the requests under way
 * @param filters those of the listener, in its order
 * @param router of the listener's route table
 */
record StackParts(Layer admission, List<Layer> filters, Router router) {
  StackParts {
    filters = List.copyOf(filters);
  }

  /** The layers of every attempt are the same on all sides. */
  static List<AttemptLayer> attempts() {
    return List.of(
        new io.fairlead.proxy.policy.Bulkheading(), new io.fairlead.proxy.policy.CircuitBreaking());
  }
}
