package io.fairlead.proxy.exchange;

import java.util.List;

/**
 * What the requests of one listener pass, in order. Immutable; one per listener and configuration.
 */
public final class Stack {
  final Layer[] layers;
  final AttemptLayer[] attemptLayers;
  private final String listener;
  private final Stack mirror;

  /**
   * @param listener name of the listener
   * @param layers passed once by each request
   * @param attemptLayers passed by each attempt at an upstream
   */
  public Stack(String listener, List<Layer> layers, List<AttemptLayer> attemptLayers) {
    this.listener = listener;
    this.layers = layers.toArray(Layer[]::new);
    this.attemptLayers = attemptLayers.toArray(AttemptLayer[]::new);
    mirror = layers.isEmpty() ? this : new Stack(listener, List.of(), attemptLayers);
  }

  /** What copies of requests pass: only what guards their upstream. */
  Stack mirror() {
    return mirror;
  }

  public String listener() {
    return listener;
  }
}
