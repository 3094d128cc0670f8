package io.fairlead.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fairlead.traffic.MeshSettings;
import io.fairlead.traffic.Secret;
import io.fairlead.xds.DecodeException;
import io.fairlead.xds.KeptConfiguration;
import io.fairlead.xds.WorkloadCertificate;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a proxy of the mesh keeps on disk to start without its control plane: the last configuration
 * that it accepted, and in files of their own the private keys that belong to it and the workload's
 * certificate with its key. Only the user of the process can read them, and each is replaced whole
 * or not at all. Safe for many threads.
 *
 * <p>The join token, which has to be on disk anyway, is good for every identity of the mesh, and
 * with it for every key that the control plane gives away: neither file adds danger to it.
 */
final class StateFolder {
  private static final Logger LOG = LoggerFactory.getLogger(StateFolder.class);
  private static final String CONFIGURATION = "configuration";
  private static final String KEYS = "keys";
  private static final String IDENTITY = "identity.pem";
  private static final String KEY_END = "-----END PRIVATE KEY-----";
  private static final String ROOTS = "# roots of the mesh\n";

  private final Path folder;

  /** What the files have, as far as it is known: nothing is written twice. */
  private @Nullable KeptConfiguration configuration;

  private @Nullable WorkloadCertificate identity;

  /**
   * A folder, which is made if it is not there.
   *
   * @throws CommandException if it cannot be made
   */
  StateFolder(Path folder) {
    this.folder = folder;
    try {
      Files.createDirectories(folder, permissions("rwx------"));
    } catch (IOException failed) {
      throw new CommandException("--state: cannot be made: " + failed.getMessage(), failed);
    }
  }

  private FileAttribute<?>[] permissions(String owner) {
    boolean posix = folder.getFileSystem().supportedFileAttributeViews().contains("posix");
    return posix
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(owner))
        }
        : new FileAttribute<?>[0];
  }

  /** The last configuration for this audience; a file that cannot be used is named in the log. */
  synchronized Optional<KeptConfiguration> configuration(String audience) {
    var kept = read(CONFIGURATION, KeptConfiguration::decode);
    if (kept.isEmpty()) {
      return Optional.empty();
    }
    if (!kept.get().audience().equals(audience)) {
      var file = folder.resolve(CONFIGURATION);
      LOG.warn("{} is ignored: it is for {}, not for {}", file, kept.get().audience(), audience);
      return Optional.empty();
    }
    var whole = Files.exists(folder.resolve(KEYS)) ? read(KEYS, kept.get()::withKeys) : kept;
    configuration = whole.orElse(null);
    return whole.or(() -> kept);
  }

  private <T> Optional<T> read(String name, Function<byte[], T> form) {
    var file = folder.resolve(name);
    try {
      return Optional.of(form.apply(Files.readAllBytes(file)));
    } catch (NoSuchFileException none) {
      LOG.info("{} does not exist yet", file);
    } catch (IOException | DecodeException unusable) {
      LOG.warn("{} is ignored: {}", file, unusable.getMessage());
    }
    return Optional.empty();
  }

  /**
   * Replaces the configuration. Its keys go first, and stay for as long as they are part of it: a
   * crash in between leaves a listener without its key at worst, never a key without an owner.
   */
  synchronized void keep(KeptConfiguration accepted) throws IOException {
    var before = configuration;
    if (accepted.equals(before)) {
      return;
    }
    if (accepted.keys().isEmpty()) {
      Files.deleteIfExists(folder.resolve(KEYS));
    } else if (before == null || !accepted.keys().equals(before.keys())) {
      write(KEYS, accepted.encodeKeys());
    }
    write(CONFIGURATION, accepted.encode());
    configuration = accepted;
  }

  /** The certificate that was kept, which may have ended. */
  synchronized Optional<WorkloadCertificate> identity() {
    var file = folder.resolve(IDENTITY);
    try {
      var kept = parse(Files.readString(file, US_ASCII));
      kept.key();
      identity = kept;
      return Optional.of(kept);
    } catch (NoSuchFileException none) {
      LOG.info("{} does not exist yet", file);
    } catch (IOException unusable) {
      LOG.warn("{} is ignored: {}", file, unusable.getMessage());
    }
    return Optional.empty();
  }

  private static WorkloadCertificate parse(String text) throws IOException {
    int key = text.indexOf(KEY_END);
    int roots = text.indexOf(ROOTS);
    if (key < 0 || roots < key) {
      throw new IOException("it is not a key, its certificates, and roots, in this order");
    }
    int chain = key + KEY_END.length();
    var certificate =
        new Secret.Certificate(
            MeshSettings.WORKLOAD_CERTIFICATE,
            text.substring(chain, roots).strip() + "\n",
            text.substring(0, chain) + "\n");
    return WorkloadCertificate.of(certificate, text.substring(roots + ROOTS.length()));
  }

  synchronized void keep(WorkloadCertificate issued) throws IOException {
    if (issued.equals(identity)) {
      return;
    }
    var certificate = issued.certificate();
    var text =
        certificate.keyPem().strip()
            + "\n"
            + certificate.chainPem().strip()
            + "\n"
            + ROOTS
            + issued.rootsPem().strip()
            + "\n";
    write(IDENTITY, text.getBytes(US_ASCII));
    identity = issued;
  }

  /** A reader sees the old file or the new one, also after a crash at any moment. */
  private void write(String name, byte[] octets) throws IOException {
    var fresh = folder.resolve(name + ".new");
    Files.deleteIfExists(fresh);
    var options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try (var channel = FileChannel.open(fresh, options, permissions("rw-------"))) {
      var buffer = ByteBuffer.wrap(octets);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(true);
    }
    Files.move(
        fresh,
        folder.resolve(name),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
    try (var entries = FileChannel.open(folder, StandardOpenOption.READ)) {
      entries.force(true);
    }
  }
}
