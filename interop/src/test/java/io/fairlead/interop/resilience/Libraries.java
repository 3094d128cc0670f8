package io.fairlead.interop.resilience;

import java.util.List;

/** The libraries that are compared, ours first. */
final class Libraries {
  static final List<Library> ALL = List.of(new Fairlead(), new Resilience4j(), new FailsafePeer());

  private Libraries() {}
}
