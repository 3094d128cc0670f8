package io.fairlead.proxy.http2;

/**
 * The Huffman code of header compression (RFC 7541 section 5.2 and appendix B), read four bits at a
 * time by a table of states. Stateless.
 *
 * <p>The code is canonical: within a length, codes ascend with the symbols. So the lengths alone
 * determine it.
 */
final class Huffman {
  /** Not a string of this code. */
  static final int FAULTY = -1;

  /** The length of each symbol's code as a digit of base 36; the last is the end of string. */
  private static final String LENGTHS =
      "dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6ca"
          + "d67777777777777777777777878djde6f56565666577666567655677777fbeds"
          + "kmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmn"
          + "qqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrq"
          + "u";

  private static final int SYMBOLS = 257;
  private static final int END_OF_STRING = 256;

  /** A code of 257 symbols has 256 inner nodes, each of which is a state. */
  private static final int STATES = SYMBOLS - 1;

  private static final int EMITS = 1 << 16;
  private static final int FAILS = 1 << 17;

  /** Per state and four bits: the next state, the symbol in bits 8 to 15, and the flags above. */
  private static final int[] STEPS = new int[STATES * 16];

  /** Whether a string may end here: after at most seven bits, all ones (RFC 7541 section 5.2). */
  private static final boolean[] MAY_END = new boolean[STATES];

  static {
    int[][] tree = tree();
    for (int state = 0; state < STATES; state++) {
      for (int bits = 0; bits < 16; bits++) {
        STEPS[state << 4 | bits] = step(tree, state, bits);
      }
    }
    int state = 0;
    for (int bits = 0; bits < 8; bits++) {
      MAY_END[state] = true;
      state = tree[state][1];
    }
  }

  private Huffman() {}

  /** Inner nodes with their two children: another inner node, or the complement of a symbol. */
  private static int[][] tree() {
    int[][] children = new int[STATES][2];
    int nodes = 1;
    int code = 0;
    int longest = 30;
    for (int length = 1; length <= longest; length++) {
      code <<= 1;
      for (int symbol = 0; symbol < SYMBOLS; symbol++) {
        if (Character.digit(LENGTHS.charAt(symbol), 36) != length) {
          continue;
        }
        int node = 0;
        for (int bit = length - 1; bit > 0; bit--) {
          int branch = code >> bit & 1;
          if (children[node][branch] == 0) {
            children[node][branch] = nodes++;
          }
          node = children[node][branch];
        }
        children[node][code & 1] = ~symbol;
        code++;
      }
    }
    return children;
  }

  private static int step(int[][] tree, int from, int bits) {
    int node = from;
    int emitted = 0;
    for (int bit = 3; bit >= 0; bit--) {
      int child = tree[node][bits >> bit & 1];
      if (child >= 0) {
        node = child;
      } else if (~child == END_OF_STRING) {
        return FAILS;
      } else {
        emitted = EMITS | ~child << 8;
        node = 0;
      }
    }
    return emitted | node;
  }

  /**
   * Decodes a string; each octet of it becomes at most one and three fifths.
   *
   * @param to where the symbols go from {@code at} on
   * @return where they end, or {@link #FAULTY} if it is no string of this code or does not fit
   */
  static int decode(byte[] octets, int from, int end, byte[] to, int at) {
    int state = 0;
    int out = at;
    for (int i = from; i < end; i++) {
      int step = STEPS[state << 4 | octets[i] >> 4 & 0xf];
      if ((step & EMITS) != 0) {
        if (out == to.length) {
          return FAULTY;
        }
        to[out++] = (byte) (step >> 8);
      }
      int next = STEPS[(step & 0xff) << 4 | octets[i] & 0xf];
      if (((step | next) & FAILS) != 0) {
        return FAULTY;
      }
      if ((next & EMITS) != 0) {
        if (out == to.length) {
          return FAULTY;
        }
        to[out++] = (byte) (next >> 8);
      }
      state = next & 0xff;
    }
    return MAY_END[state] ? out : FAULTY;
  }
}
