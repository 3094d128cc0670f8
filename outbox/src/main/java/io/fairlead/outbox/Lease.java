package io.fairlead.outbox;

/**
 * The right of one worker thread to one message. Immutable.
 *
 * @param token drawn at random, so that whoever took the message later has another one
 * @param now the present time in milliseconds
 * @param until when the right ends, in milliseconds
 */
record Lease(long token, long now, long until) {
  Lease at(long time) {
    return new Lease(token, time, until);
  }
}
