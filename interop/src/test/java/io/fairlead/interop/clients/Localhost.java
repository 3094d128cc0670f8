package io.fairlead.interop.clients;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fairlead.traffic.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;

/**
 * A certificate for localhost that signs itself, with its key, as files and as secrets.
 *
 * @param certificate PEM
 * @param key PKCS #8, PEM
 * @param fingerprint of the public key, as browsers are told which one to trust: SHA-256, base64
 */
public record Localhost(Path certificate, Path key, String fingerprint) {
  private static final char[] PASSWORD = "password".toCharArray();

  /** Makes one in a folder that is there. */
  public static Localhost in(Path folder)
      throws IOException, InterruptedException, GeneralSecurityException {
    Path store = folder.resolve("localhost.p12");
    String[] command = {
      Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
      "-genkeypair -alias localhost -keyalg EC -groupname secp256r1 -validity 2 -storetype PKCS12",
      "-dname CN=localhost -ext san=dns:localhost,ip:127.0.0.1 -ext bc:critical=ca:false",
      "-keystore",
      store.toString(),
      "-storepass",
      new String(PASSWORD)
    };
    List<String> words =
        java.util.Arrays.stream(command)
            .flatMap(part -> List.of(part.split(" ")).stream())
            .toList();
    Path log = folder.resolve("keytool.txt");
    int exit =
        new ProcessBuilder(words)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start()
            .waitFor();
    if (exit != 0) {
      throw new IOException("no certificate: " + Files.readString(log));
    }
    KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD);
    var own = keys.getCertificate("localhost");
    Path certificate = folder.resolve("localhost.pem");
    Path key = folder.resolve("localhost.key");
    Files.writeString(certificate, pem("CERTIFICATE", own.getEncoded()));
    Files.writeString(key, pem("PRIVATE KEY", keys.getKey("localhost", PASSWORD).getEncoded()));
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(own.getPublicKey().getEncoded());
    return new Localhost(certificate, key, Base64.getEncoder().encodeToString(digest));
  }

  private static String pem(String kind, byte[] octets) {
    String body = Base64.getMimeEncoder(64, "\n".getBytes(US_ASCII)).encodeToString(octets);
    return "-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n";
  }

  /** The secrets {@code own} and {@code roots}. */
  List<Secret> secrets() throws IOException {
    String chain = Files.readString(certificate);
    return List.of(
        new Secret.Certificate("own", chain, Files.readString(key)),
        new Secret.Validation("roots", chain, ""));
  }
}
