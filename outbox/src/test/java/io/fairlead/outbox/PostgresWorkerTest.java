package io.fairlead.outbox;

import java.nio.file.Path;

class PostgresWorkerTest extends WorkerContract {
  @Override
  Place place(Path folder) throws Exception {
    return new Place.InDatabase(new Pool(PostgresServer.shared().newSchema()).source());
  }
}
