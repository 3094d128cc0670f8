package io.fairlead.proxy.filter;

import io.fairlead.proxy.exchange.LocalReply;
import java.util.List;

/** What a service says of a request that it was asked about. Immutable. */
sealed interface Decision {
  /**
   * The request may pass.
   *
   * @param dropped lower-case names of fields that are taken out
   * @param added lines that are added then, CR LF included
   * @param answered lines that are added to the answer, CR LF included
   */
  record Allowed(List<String> dropped, String added, String answered) implements Decision {
    public Allowed {
      dropped = List.copyOf(dropped);
    }
  }

  /** The request is answered so. */
  record Denied(LocalReply reply) implements Decision {}

  /** There is no answer that means anything. */
  record Silent() implements Decision {}
}
