package io.fairlead.proxy.exchange;

import java.util.List;

/**
 * What the requests of one listener pass, in order. Immutable; one per listener and configuration.
 */
public final class Stack {
  final Layer[] layers;
  final AttemptLayer[] attemptLayers;
  private final String listener;

  /**
   * @param listener name of the listener
   * @param layers passed once by each request
   * @param attemptLayers passed by each attempt at an upstream
   */
  public Stack(String listener, List<Layer> layers, List<AttemptLayer> attemptLayers) {
    this.listener = listener;
    this.layers = layers.toArray(Layer[]::new);
    this.attemptLayers = attemptLayers.toArray(AttemptLayer[]::new);
  }

  public String listener() {
    return listener;
  }
}
