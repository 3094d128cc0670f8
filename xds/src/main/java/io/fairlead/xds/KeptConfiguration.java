package io.fairlead.xds;

import com.google.protobuf.ByteString;
import io.fairlead.traffic.Secret;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * A configuration as it came from the control plane, to be kept on disk. Immutable. Private keys
 * are never part of it.
 *
 * <p>The form is a line that names it and its version, the CRC-32C of the rest in four octets, and
 * a message in the wire format of protobuf: audience 1, resources 2 (type 1, name 2, version 3,
 * message 4), names that do not exist 3 (type 1, name 2).
 *
 * @param audience whom it is for; another one cannot use it
 * @param resources everything that is held
 * @param absent names that were asked for and do not exist
 */
public record KeptConfiguration(String audience, List<Kept> resources, List<Absent> absent) {
  private static final byte[] HEADING =
      "fairlead-configuration 1\n".getBytes(StandardCharsets.US_ASCII);

  public KeptConfiguration {
    resources = List.copyOf(resources);
    absent = List.copyOf(absent);
  }

  /**
   * A resource.
   *
   * @param type one of {@link TypeUrls}
   * @param version as the control plane calls it
   * @param message without its Any
   */
  public record Kept(String type, String name, String version, ByteString message) {}

  /** A name without a resource. */
  public record Absent(String type, String name) {}

  /** Whether a resource of this kind may be written to disk. */
  static boolean mayBeKept(Object resource) {
    return !(resource instanceof Secret.Certificate);
  }

  /** The octets of a file. */
  public byte[] encode() {
    var message =
        PolicyWire.message(
                out -> {
                  out.writeString(1, audience);
                  for (var kept : resources) {
                    out.writeBytes(
                        2,
                        PolicyWire.message(
                            field -> {
                              field.writeString(1, kept.type);
                              field.writeString(2, kept.name);
                              field.writeString(3, kept.version);
                              field.writeBytes(4, kept.message);
                            }));
                  }
                  for (var name : absent) {
                    out.writeBytes(
                        3,
                        PolicyWire.message(
                            field -> {
                              field.writeString(1, name.type);
                              field.writeString(2, name.name);
                            }));
                  }
                })
            .toByteArray();
    var octets = new byte[HEADING.length + 4 + message.length];
    System.arraycopy(HEADING, 0, octets, 0, HEADING.length);
    int sum = sum(message, 0);
    for (int i = 0; i < 4; i++) {
      octets[HEADING.length + i] = (byte) (sum >>> 24 - 8 * i);
    }
    System.arraycopy(message, 0, octets, HEADING.length + 4, message.length);
    return octets;
  }

  private static int sum(byte[] octets, int from) {
    var sum = new CRC32C();
    sum.update(octets, from, octets.length - from);
    return (int) sum.getValue();
  }

  /**
   * Reads the octets of a file.
   *
   * @throws DecodeException if they have another version or are damaged
   */
  public static KeptConfiguration decode(byte[] octets) {
    int from = HEADING.length + 4;
    for (int i = 0; i < HEADING.length; i++) {
      if (i >= octets.length || octets[i] != HEADING[i]) {
        throw new DecodeException("it does not begin with 'fairlead-configuration 1'");
      }
    }
    int told = 0;
    for (int i = HEADING.length; i < from && i < octets.length; i++) {
      told = told << 8 | octets[i] & 0xff;
    }
    if (octets.length < from || sum(octets, from) != told) {
      throw new DecodeException("it is damaged: the checksum does not fit");
    }
    var message = ProtoMessage.parse(ByteString.copyFrom(octets, from, octets.length - from));
    var resources = new ArrayList<Kept>();
    for (var kept : message.messages(2)) {
      resources.add(new Kept(kept.text(1), kept.text(2), kept.text(3), kept.bytes(4)));
    }
    var absent = new ArrayList<Absent>();
    for (var name : message.messages(3)) {
      absent.add(new Absent(name.text(1), name.text(2)));
    }
    return new KeptConfiguration(message.text(1), resources, absent);
  }
}
