package io.fairlead.config;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fairlead.config.Manifest.Metadata;
import io.fairlead.config.Manifest.Secret;
import java.io.IOException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads Secret and ConfigMap (Kubernetes core/v1). Beside {@code data} and {@code stringData} a
 * document may name files, which no cluster would know: {@code files: {tls.crt: PATH, ...}}.
 * Confined to one thread. No fault ever shows a value.
 */
final class SecretReader {
  private static final int MAX_LENGTH = 256 << 10;

  private final Manifests.ReferencedFiles files;

  SecretReader(Manifests.ReferencedFiles files) {
    this.files = files;
  }

  Manifest secret(Metadata metadata, Fields document) {
    document.choice("type", List.of("kubernetes.io/tls", "Opaque"));
    document.ignore("immutable");
    var data = new LinkedHashMap<String, String>();
    document.object("data", fields -> encoded(fields, data));
    document.object("stringData", fields -> plain(fields, data));
    document.object("files", fields -> fromFiles(fields, data));
    boolean certificate = data.containsKey(Secret.CERTIFICATE);
    if (certificate != data.containsKey(Secret.KEY)) {
      var missing = certificate ? Secret.KEY : Secret.CERTIFICATE;
      document.fault("data", "must hold " + missing + " too");
    } else if (data.isEmpty()) {
      document.fault("data", "must hold tls.crt and tls.key, or ca.crt");
    }
    return new Secret(metadata, data);
  }

  Manifest configMap(Metadata metadata, Fields document) {
    document.ignore("immutable");
    document.ignore("binaryData");
    var data = new LinkedHashMap<String, String>();
    document.object("data", fields -> plain(fields, data));
    document.object("files", fields -> fromFiles(fields, data));
    return new Manifest.ConfigMap(metadata, data);
  }

  private static Map<String, String> encoded(Fields fields, Map<String, String> data) {
    for (var name : fields.names()) {
      fields
          .secretText(name)
          .flatMap(text -> decode(fields, name, text))
          .ifPresent(text -> put(fields, name, text, data));
    }
    return data;
  }

  /** The text; that which is none stays as it is. */
  private static Optional<String> decode(Fields fields, String name, String base64) {
    try {
      var octets = Base64.getDecoder().decode(base64.replaceAll("\\s", ""));
      boolean binary = name.equals(Secret.STAPLE);
      return Optional.of(
          binary ? Base64.getEncoder().encodeToString(octets) : new String(octets, UTF_8));
    } catch (IllegalArgumentException broken) {
      fields.secretFault(name, "must be Base64; plain text belongs to stringData");
      return Optional.empty();
    }
  }

  private static Map<String, String> plain(Fields fields, Map<String, String> data) {
    for (var name : fields.names()) {
      var text = fields.secretText(name);
      if (name.equals(Secret.STAPLE)) {
        fields.secretFault(name, "is no text and must stand in data or files");
      } else {
        text.ifPresent(present -> put(fields, name, present, data));
      }
    }
    return data;
  }

  private Map<String, String> fromFiles(Fields fields, Map<String, String> data) {
    for (var name : fields.names()) {
      var file = fields.text(name);
      if (file.isPresent()) {
        try {
          var text =
              switch (name) {
                case Secret.KEY -> files.readPrivate(file.get());
                case Secret.STAPLE -> files.readBase64(file.get());
                default -> files.read(file.get());
              };
          put(fields, name, text, data);
        } catch (IOException unreadable) {
          fields.fault(name, "must be a readable file: " + unreadable.getMessage());
        }
      }
    }
    return data;
  }

  private static void put(Fields fields, String name, String text, Map<String, String> data) {
    if (text.length() > MAX_LENGTH) {
      fields.secretFault(name, "must have at most " + MAX_LENGTH + " characters");
    } else if (data.putIfAbsent(name, text) != null) {
      fields.secretFault(name, "stands there twice");
    }
  }
}
