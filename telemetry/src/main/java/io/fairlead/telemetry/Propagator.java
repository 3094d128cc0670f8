package io.fairlead.telemetry;

import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;

/**
 * Carries traces across a hop: reads the caller's context, opens a span below it and writes
 * contexts for the next hop. Safe for all threads if its random source is.
 *
 * <p>The formats are tried in order and the first that says anything valid wins. A caller's
 * decision on sampling is followed; where there is none, the sampler decides.
 */
public final class Propagator {
  private final List<TraceFormat> extract;
  private final List<TraceFormat> inject;
  private final Sampler sampler;
  private final LongSupplier random;

  /**
   * Reads W3C, B3 single and B3 multi in this order, writes W3C, with this process's random ids.
   */
  public Propagator(Sampler sampler) {
    this(
        List.of(TraceFormat.values()),
        List.of(TraceFormat.W3C),
        sampler,
        () -> ThreadLocalRandom.current().nextLong());
  }

  /**
   * @param extract the formats to read, in order of precedence
   * @param inject the formats to write, all of them
   * @param random gives 64 random bits for ids; called by any thread
   */
  public Propagator(
      List<TraceFormat> extract, List<TraceFormat> inject, Sampler sampler, LongSupplier random) {
    this.extract = List.copyOf(extract);
    this.inject = List.copyOf(inject);
    this.sampler = sampler;
    this.random = random;
  }

  /** What the request's headers say. */
  public Extraction extract(HeaderReader headers) {
    for (TraceFormat format : extract) {
      Extraction extraction = format.extract(headers);
      if (!(extraction instanceof Extraction.Absent)) {
        return extraction;
      }
    }
    return Extraction.ABSENT;
  }

  /** The context of a new span for this request, with its decision made. */
  public TraceContext enter(HeaderReader headers) {
    return enter(extract(headers));
  }

  /** The context of a new span for a request with this extraction, with its decision made. */
  public TraceContext enter(Extraction extraction) {
    return switch (extraction) {
      case Extraction.Continued continued -> continued.context().child(random).decided(sampler);
      case Extraction.Decided decided ->
          TraceContext.root(random, Sampler.never())
              .withFlags(decided.flags() | TraceContext.RANDOM);
      case Extraction.Absent absent -> TraceContext.root(random, sampler);
    };
  }

  /** The context of a new span below this one, for the next hop. */
  public TraceContext child(TraceContext context) {
    return context.child(random);
  }

  /** Writes the context in all formats that are written. */
  public void inject(TraceContext context, HeaderWriter headers) {
    for (TraceFormat format : inject) {
      format.inject(context, headers);
    }
  }
}
