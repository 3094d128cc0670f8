package io.fairlead.resilience;

/**
 * What a hedge has counted since its start. Immutable.
 *
 * @param name the name of the hedge
 * @param calls calls, whatever their number of tries
 * @param hedges tries beside the first that were started
 * @param hedgesWon calls whose answer came from such a try
 * @param hedgesRefused tries that the budget refused
 * @param failedCalls calls of which every try failed
 */
public record HedgeSnapshot(
    String name, long calls, long hedges, long hedgesWon, long hedgesRefused, long failedCalls) {}
