package io.fairlead.control;

import com.google.protobuf.Any;
import io.fairlead.traffic.Resource;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A resource with its wire form. Immutable.
 *
 * @param version a digest of the bytes, so that equal content has an equal version on every control
 *     plane and after every restart
 */
record Encoded(Resource resource, Any any, String version) {
  private static final int VERSION_BYTES = 8;

  /** What stands for itself. */
  static Encoded of(Resource resource) {
    return of(resource, Surroundings.NONE, RouteOctets.none());
  }

  /** What leads elsewhere, and has what Envoy does not know there. */
  static Encoded of(Resource resource, Surroundings surroundings, RouteOctets routes) {
    return of(resource, Encoder.encode(resource, surroundings, routes));
  }

  /** With a wire form that only some kinds of clients get. */
  static Encoded of(Resource resource, Any any) {
    return new Encoded(resource, any, digest(any.getValue().asReadOnlyByteBuffer()));
  }

  static String digest(ByteBuffer bytes) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      digest.update(bytes);
      return HexFormat.of().formatHex(digest.digest(), 0, VERSION_BYTES);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java platform has SHA-256", impossible);
    }
  }

  String name() {
    return resource.name();
  }
}
