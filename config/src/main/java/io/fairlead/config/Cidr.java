package io.fairlead.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;

/**
 * A block of IP addresses (RFC 4632, RFC 4291 section 2.3). Immutable.
 *
 * @param address the first of them, as a literal in the form of the JDK; what lies beyond the
 *     prefix is 0
 * @param prefixLength bits that all of them share
 */
public record Cidr(String address, int prefixLength) {
  private static final Pattern LITERAL =
      Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");

  public Cidr {
    byte[] octets = octets(address);
    if (prefixLength < 0 || prefixLength > octets.length * 8) {
      throw new IllegalArgumentException(
          "must have a prefix of 0 to " + octets.length * 8 + " bits, has " + prefixLength);
    }
    for (int bit = prefixLength; bit < octets.length * 8; bit++) {
      octets[bit / 8] &= (byte) ~(0x80 >>> bit % 8);
    }
    try {
      address = InetAddress.getByAddress(octets).getHostAddress();
    } catch (UnknownHostException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /**
   * Reads {@code 10.0.0.0/8}, or one address.
   *
   * @throws IllegalArgumentException whose message is the rule that was broken
   */
  public static Cidr parse(String text) {
    int slash = text.indexOf('/');
    if (slash < 0) {
      return new Cidr(text, octets(text).length * 8);
    }
    var length = text.substring(slash + 1);
    if (!length.matches("\\d{1,3}")) {
      throw new IllegalArgumentException("must be an IP address or a block such as 10.0.0.0/8");
    }
    return new Cidr(text.substring(0, slash), Integer.parseInt(length));
  }

  /**
   * The octets of a literal; an IPv4 address in an IPv6 one counts as itself.
   *
   * @throws IllegalArgumentException if it is none; nothing is ever looked up
   */
  public static byte[] octets(String literal) {
    if (!LITERAL.matcher(literal).matches()) {
      throw new IllegalArgumentException("must be an IP address or a block such as 10.0.0.0/8");
    }
    try {
      return InetAddress.getByName(literal).getAddress();
    } catch (UnknownHostException broken) {
      throw new IllegalArgumentException(
          "must be an IP address or a block such as 10.0.0.0/8", broken);
    }
  }

  /** Whether the address lies in the block. */
  public boolean contains(byte[] candidate) {
    byte[] network = octets(address);
    if (network.length != candidate.length) {
      return false;
    }
    int whole = prefixLength / 8;
    for (int i = 0; i < whole; i++) {
      if (network[i] != candidate[i]) {
        return false;
      }
    }
    int rest = prefixLength % 8;
    return rest == 0 || (network[whole] ^ candidate[whole]) >> 8 - rest == 0;
  }

  @Override
  public String toString() {
    return address + "/" + prefixLength;
  }
}
