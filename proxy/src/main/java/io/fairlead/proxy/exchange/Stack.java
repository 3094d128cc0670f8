package io.fairlead.proxy.exchange;

import java.util.List;

/**
 * What the requests of one listener pass, in order. Immutable; one per listener and configuration.
 */
public final class Stack {
  final Layer[] layers;
  final AttemptLayer[] attemptLayers;
  final ConnectionLayer[] connectionLayers;
  private final String listener;
  private final Stack mirror;

  /**
   * @param listener name of the listener
   * @param layers passed once by each request
   * @param attemptLayers passed by each attempt at an upstream
   */
  public Stack(String listener, List<Layer> layers, List<AttemptLayer> attemptLayers) {
    this(listener, layers, attemptLayers, List.of());
  }

  /**
   * @param connectionLayers passed by each connection that is passed on
   */
  public Stack(
      String listener,
      List<Layer> layers,
      List<AttemptLayer> attemptLayers,
      List<ConnectionLayer> connectionLayers) {
    this.listener = listener;
    this.connectionLayers = connectionLayers.toArray(ConnectionLayer[]::new);
    this.layers = layers.toArray(Layer[]::new);
    this.attemptLayers = attemptLayers.toArray(AttemptLayer[]::new);
    boolean bare = layers.isEmpty() && connectionLayers.isEmpty();
    mirror = bare ? this : new Stack(listener, List.of(), attemptLayers);
  }

  /** What copies of requests pass: only what guards their upstream. */
  Stack mirror() {
    return mirror;
  }

  public String listener() {
    return listener;
  }
}
