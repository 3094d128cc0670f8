package io.fairlead.demo;

import io.fairlead.cli.Fairlead;
import io.fairlead.demo.shop.ShopMain;
import java.io.IOException;

/** Adds {@code fairlead demo}. */
public final class DemoExtension implements Fairlead.Extension {
  @Override
  public Object command() {
    return new DemoCommand();
  }

  @Override
  public void warmUp(int port, String otlp) throws IOException, InterruptedException {
    ShopMain.warmUp(port, otlp);
  }
}
