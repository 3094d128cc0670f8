package io.fairlead.cli;

import io.fairlead.traces.Palette;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Option;

/** How wide and how colourful output may be. Confined to one thread. */
final class TerminalOptions {
  private static final int NARROWEST = 60;

  @Option(
      names = "--width",
      defaultValue = "${env:COLUMNS:-120}",
      description = "Characters in a line (default: $$COLUMNS, else 120).")
  private int width;

  @Option(
      names = "--color",
      negatable = true,
      description = "Use colours, or not (default: if the output is a terminal).")
  private Boolean color = Ansi.AUTO.enabled();

  int width() {
    return Math.max(NARROWEST, width);
  }

  Palette palette() {
    return color ? Palette.COLOUR : Palette.ASCII;
  }
}
