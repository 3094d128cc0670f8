package io.fairlead.resilience;

/**
 * The share of the limit that each priority may fill. Immutable. A call is refused once as many
 * calls of any priority are in flight; at least one call may always run. {@link
 * Priority#CRITICAL_PLUS} may fill the whole limit. No share may be above the one before.
 *
 * @param critical share for {@link Priority#CRITICAL}, 0 to 1
 * @param sheddablePlus share for {@link Priority#SHEDDABLE_PLUS}, 0 to {@code critical}
 * @param sheddable share for {@link Priority#SHEDDABLE}, 0 to {@code sheddablePlus}
 */
public record LoadShedderSettings(double critical, double sheddablePlus, double sheddable) {
  public LoadShedderSettings {
    Require.within("critical", critical, 0.0, 1.0);
    Require.within("sheddablePlus", sheddablePlus, 0.0, critical);
    Require.within("sheddable", sheddable, 0.0, sheddablePlus);
  }

  /** 95 %, 80 % and 60 % of the limit. */
  public static LoadShedderSettings defaults() {
    return new LoadShedderSettings(0.95, 0.8, 0.6);
  }

  /** The share of the limit that this priority may fill. */
  public double share(Priority priority) {
    return switch (priority) {
      case CRITICAL_PLUS -> 1;
      case CRITICAL -> critical;
      case SHEDDABLE_PLUS -> sheddablePlus;
      case SHEDDABLE -> sheddable;
    };
  }

  /** These settings with another {@link #critical}. */
  public LoadShedderSettings withCritical(double critical) {
    return new LoadShedderSettings(critical, sheddablePlus, sheddable);
  }

  /** These settings with another {@link #sheddablePlus}. */
  public LoadShedderSettings withSheddablePlus(double sheddablePlus) {
    return new LoadShedderSettings(critical, sheddablePlus, sheddable);
  }

  /** These settings with another {@link #sheddable}. */
  public LoadShedderSettings withSheddable(double sheddable) {
    return new LoadShedderSettings(critical, sheddablePlus, sheddable);
  }
}
