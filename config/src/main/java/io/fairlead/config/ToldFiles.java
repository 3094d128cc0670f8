package io.fairlead.config;

import io.fairlead.config.Manifests.ReferencedFiles;
import java.io.IOException;
import java.util.function.Consumer;

/** Referenced files of which somebody is told by their names. As safe as what it is made of. */
record ToldFiles(ReferencedFiles files, Consumer<String> told) implements ReferencedFiles {
  @Override
  public String read(String name) throws IOException {
    told.accept(name);
    return files.read(name);
  }

  @Override
  public String readPrivate(String name) throws IOException {
    told.accept(name);
    return files.readPrivate(name);
  }

  @Override
  public String readBase64(String name) throws IOException {
    told.accept(name);
    return files.readBase64(name);
  }
}
