package io.fairlead.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

class ConsoleLoggersTest {
  private final ConsoleLoggers loggers = new ConsoleLoggers();

  @Test
  void theProcessLogsHere() {
    assertThat(LoggerFactory.getILoggerFactory()).isSameAs(ConsoleLogging.loggers());
  }

  @Test
  void nearestNameDecides() {
    assertThat(loggers.getLogger("io.fairlead.Some").isInfoEnabled()).isTrue();
    assertThat(loggers.getLogger("io.fairlead.Some").isDebugEnabled()).isFalse();
    assertThat(loggers.getLogger("io.netty.channel.Some").isInfoEnabled()).isFalse();
    loggers.set("io.netty", Level.DEBUG);
    assertThat(loggers.getLogger("io.netty.channel.Some").isDebugEnabled()).isTrue();
    assertThat(loggers.getLogger("io.netty.Later").isDebugEnabled()).isTrue();
    assertThat(loggers.getLogger("io.fairlead.Some").isDebugEnabled()).isFalse();
  }

  @Test
  void oneLevelForAllReplacesEveryOther() {
    var some = loggers.getLogger("a.b");
    loggers.set("a.b", Level.TRACE);
    assertThat(some.isTraceEnabled()).isTrue();
    loggers.set(Level.ERROR);
    assertThat(some.isWarnEnabled()).isFalse();
    assertThat(loggers.getLogger("a.c").isWarnEnabled()).isFalse();
    assertThat(loggers.all()).containsEntry("a.b", Level.ERROR).containsEntry("a.c", Level.ERROR);
  }

  @Test
  void unknownLoggerIsRefusedWithASuggestion() {
    loggers.getLogger("io.fairlead.proxy.DataPlane");
    assertThatThrownBy(() -> loggers.set("io.fairlead.proxy.DataPlan", Level.DEBUG))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("did you mean io.fairlead.proxy.DataPlane?");
  }
}
