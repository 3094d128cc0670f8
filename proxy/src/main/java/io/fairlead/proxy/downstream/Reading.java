package io.fairlead.proxy.downstream;

import io.netty.channel.Channel;

/** Whether a connection is read; if not, the kernel holds its client back. Belongs to its loop. */
final class Reading {
  private final Channel channel;
  private boolean paused;

  Reading(Channel channel) {
    this.channel = channel;
  }

  void pause() {
    if (!paused) {
      paused = true;
      channel.config().setAutoRead(false);
    }
  }

  void pauseUnless(boolean wanted) {
    if (wanted) {
      resume();
    } else {
      pause();
    }
  }

  void resume() {
    if (paused) {
      paused = false;
      channel.config().setAutoRead(true);
    }
  }
}
