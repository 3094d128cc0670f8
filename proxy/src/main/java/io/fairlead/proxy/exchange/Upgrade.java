package io.fairlead.proxy.exchange;

/** Whether an exchange becomes a tunnel, two streams of octets, and when. */
public enum Upgrade {
  NONE,
  /** When the upstream switches protocols: 101 (RFC 9110 section 7.8). */
  WEBSOCKET,
  /** As soon as there is a connection: CONNECT, and whatever is no HTTP. Nothing is sent before. */
  RAW
}
