package io.fairlead.xds;

import com.google.protobuf.ByteString;
import io.fairlead.traffic.Secret;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * A configuration as it came from the control plane, to be kept on disk. Immutable. What holds
 * private keys is kept apart from the rest, so that the one can be shown and the other cannot; no
 * octets of either appear in {@code toString}.
 *
 * <p>Both forms are a line that names the form and its version, the CRC-32C of the rest in four
 * octets, and a message in the wire format of protobuf: audience 1, resources 2 (type 1, name 2,
 * version 3, message 4), names that do not exist 3 (type 1, name 2).
 *
 * @param audience whom it is for; another one cannot use it
 * @param resources everything that is held and has no private key
 * @param absent names that were asked for and do not exist
 * @param keys the resources that have private keys
 */
public record KeptConfiguration(
    String audience, List<Kept> resources, List<Absent> absent, List<Kept> keys) {
  private static final String CONFIGURATION = "fairlead-configuration 1";
  private static final String KEYS = "fairlead-keys 1";

  public KeptConfiguration {
    resources = List.copyOf(resources);
    absent = List.copyOf(absent);
    keys = List.copyOf(keys);
  }

  /**
   * A resource.
   *
   * @param type one of {@link TypeUrls}
   * @param version as the control plane calls it
   * @param message without its Any
   */
  public record Kept(String type, String name, String version, ByteString message) {
    /** Never shows what it holds. */
    @Override
    public String toString() {
      return "Kept[" + name + ", " + version + "]";
    }
  }

  /** A name without a resource. */
  public record Absent(String type, String name) {}

  /** Whether a resource has a private key. */
  static boolean isKey(Object resource) {
    return resource instanceof Secret.Certificate;
  }

  /** The octets of the file for everything without private keys. */
  public byte[] encode() {
    return encode(CONFIGURATION, resources, absent);
  }

  /** The octets of the file for what has private keys, which only its owner may read. */
  public byte[] encodeKeys() {
    return encode(KEYS, keys, List.of());
  }

  private byte[] encode(String form, List<Kept> written, List<Absent> names) {
    var message =
        PolicyWire.message(
                out -> {
                  out.writeString(1, audience);
                  for (var kept : written) {
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
                  for (var name : names) {
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
    return ByteBuffer.allocate(form.length() + 5 + message.length)
        .put((form + "\n").getBytes(StandardCharsets.US_ASCII))
        .putInt(sum(ByteBuffer.wrap(message)))
        .put(message)
        .array();
  }

  private static int sum(ByteBuffer octets) {
    var sum = new CRC32C();
    sum.update(octets.duplicate());
    return (int) sum.getValue();
  }

  /**
   * Reads the octets of the file without private keys.
   *
   * @throws DecodeException if they have another version or are damaged
   */
  public static KeptConfiguration decode(byte[] octets) {
    var message = message(CONFIGURATION, octets);
    var absent = new ArrayList<Absent>();
    for (var name : message.messages(3)) {
      absent.add(new Absent(name.text(1), name.text(2)));
    }
    return new KeptConfiguration(message.text(1), resources(message), absent, List.of());
  }

  /**
   * This with the private keys that were kept beside it.
   *
   * @throws DecodeException if they have another version, are damaged or for another audience
   */
  public KeptConfiguration withKeys(byte[] octets) {
    var message = message(KEYS, octets);
    if (!message.text(1).equals(audience)) {
      throw new DecodeException("it is for " + message.text(1) + ", not for " + audience);
    }
    return new KeptConfiguration(audience, resources, absent, resources(message));
  }

  private static List<Kept> resources(ProtoMessage message) {
    return message.messages(2).stream()
        .map(kept -> new Kept(kept.text(1), kept.text(2), kept.text(3), kept.bytes(4)))
        .toList();
  }

  private static ProtoMessage message(String form, byte[] octets) {
    var heading = (form + "\n").getBytes(StandardCharsets.US_ASCII);
    if (!Arrays.equals(heading, Arrays.copyOf(octets, heading.length))) {
      throw new DecodeException("it does not begin with '" + form + "'");
    }
    var rest = ByteBuffer.wrap(octets, heading.length, octets.length - heading.length);
    if (rest.remaining() < 4 || rest.getInt() != sum(rest)) {
      throw new DecodeException("it is damaged: the checksum does not fit");
    }
    return ProtoMessage.parse(ByteString.copyFrom(rest));
  }
}
