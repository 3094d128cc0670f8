package io.fairlead.outbox;

/**
 * The right of one worker thread to one message. Immutable.
 *
 * @param token drawn at random, so that whoever took the message later has another one
 * @param millis how long it lasts once the message is taken
 */
record Lease(long token, long millis) {}
