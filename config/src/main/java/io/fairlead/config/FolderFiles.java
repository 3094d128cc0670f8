package io.fairlead.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.EnumSet;
import java.util.Set;

/** Files beside a document. Stateless. */
record FolderFiles(Path folder) implements Manifests.ReferencedFiles {
  /** With one of these the file is open to more than its owner and the owner's group. */
  private static final Set<PosixFilePermission> TOO_OPEN =
      EnumSet.of(
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE,
          PosixFilePermission.OTHERS_EXECUTE);

  @Override
  public String read(String name) throws IOException {
    return Files.readString(bounded(name));
  }

  @Override
  public String readBase64(String name) throws IOException {
    return Base64.getEncoder().encodeToString(Files.readAllBytes(bounded(name)));
  }

  private Path bounded(String name) throws IOException {
    var file = folder.resolve(name);
    long size = Files.size(file);
    if (size > Manifests.MAX_FILE_LENGTH) {
      throw new IOException(name + " has " + size + " bytes, more than can be read");
    }
    return file;
  }

  @Override
  public String readPrivate(String name) throws IOException {
    var file = folder.resolve(name);
    if (Files.getFileStore(file).supportsFileAttributeView("posix")) {
      var permissions = Files.getPosixFilePermissions(file);
      var open = EnumSet.copyOf(TOO_OPEN);
      open.retainAll(permissions);
      if (!open.isEmpty()) {
        throw new IOException(
            name
                + " holds a private key and has the permissions "
                + PosixFilePermissions.toString(permissions)
                + "; make it rw-------");
      }
    }
    return read(name);
  }
}
