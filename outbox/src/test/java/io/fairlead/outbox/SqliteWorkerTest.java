package io.fairlead.outbox;

import java.nio.file.Path;

class SqliteWorkerTest extends WorkerContract {
  @Override
  Place place(Path folder) {
    return new Place.InFile(folder.resolve("state").resolve("outbox.db"));
  }
}
