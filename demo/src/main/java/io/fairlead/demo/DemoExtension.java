package io.fairlead.demo;

import io.fairlead.cli.Fairlead;

/** Adds {@code fairlead demo}. */
public final class DemoExtension implements Fairlead.Extension {
  @Override
  public Object command() {
    return new DemoCommand();
  }
}
