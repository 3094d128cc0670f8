package io.fairlead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.config.Manifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GatewayFilesTest {
  private static final String YAML =
      """
      apiVersion: v1
      kind: Secret
      metadata: { name: shop }
      files: { tls.crt: keys/shop.crt, tls.key: keys/shop.key }
      """;

  @TempDir Path folder;

  private void write(String name, String text) throws IOException {
    var file = Files.writeString(folder.resolve(name), text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  private static String certificate(List<Manifest> documents) {
    return ((Manifest.Secret) documents.getFirst()).data().getOrDefault("tls.crt", "");
  }

  @Test
  void renewedCertificateIsReadAndAFaultyOneIsNot() throws Exception {
    Files.createDirectory(folder.resolve("keys"));
    write("keys/shop.crt", "first");
    write("keys/shop.key", "key");
    write("gateway.yaml", YAML);
    var changes = new LinkedBlockingQueue<List<Manifest>>();
    try (var files = new GatewayFiles(List.of(folder.resolve("gateway.yaml").toString()))) {
      assertThat(certificate(files.load().documents())).isEqualTo("first");
      files.follow(changes::add);
      Files.delete(folder.resolve("keys/shop.key"));
      write("keys/shop.crt", "second");
      assertThat(changes.poll(300, TimeUnit.MILLISECONDS)).isNull();
      write("keys/shop.key", "other key");
      var changed = Objects.requireNonNull(changes.poll(10, TimeUnit.SECONDS));
      assertThat(certificate(changed)).isEqualTo("second");
    }
  }
}
