package io.fairlead.outbox;

import java.nio.file.Path;
import java.time.InstantSource;
import javax.sql.DataSource;

/** Where the outbox of a test lies, to be opened more than once. */
sealed interface Place {
  /** With the clock that it has by itself. */
  Outbox open(OutboxSettings settings);

  Outbox open(OutboxSettings settings, InstantSource clock);

  record InFile(Path file) implements Place {
    @Override
    public Outbox open(OutboxSettings settings) {
      return Outbox.open(file, settings);
    }

    @Override
    public Outbox open(OutboxSettings settings, InstantSource clock) {
      return Outbox.open(file, settings, clock);
    }
  }

  record InDatabase(DataSource database) implements Place {
    @Override
    public Outbox open(OutboxSettings settings) {
      return Outbox.open(database, settings);
    }

    @Override
    public Outbox open(OutboxSettings settings, InstantSource clock) {
      return Outbox.open(database, settings, clock);
    }
  }
}
