package io.fairlead.control;

import io.fairlead.config.Fault;
import io.fairlead.config.Manifest;
import java.util.List;

/** What became of a change to the configuration. Immutable. */
public sealed interface ConfigOutcome {

  /**
   * The change is durable and in force.
   *
   * @param version of the configuration that holds it
   * @param warnings what in it does less than it may seem
   */
  record Accepted(long version, List<Change> changes, List<Fault> warnings)
      implements ConfigOutcome {
    public Accepted {
      changes = List.copyOf(changes);
      warnings = List.copyOf(warnings);
    }
  }

  /** Nothing changed. */
  record Refused(List<Fault> faults) implements ConfigOutcome {
    public Refused {
      faults = List.copyOf(faults);
    }
  }

  /** What happened to one document. */
  record Change(Manifest.Id id, Kind kind) {
    /** How a document differs from before. */
    public enum Kind {
      CREATED,
      CONFIGURED,
      UNCHANGED,
      DELETED
    }
  }
}
