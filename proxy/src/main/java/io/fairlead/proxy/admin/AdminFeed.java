package io.fairlead.proxy.admin;

/** An answer that comes bit by bit, until either side ends it. Called on the side loop. */
public interface AdminFeed {
  /** Where it goes. Belongs to the side loop. */
  interface Sink {
    /** Whether more may be written without filling memory. */
    boolean isWritable();

    /** Sends octets. */
    void write(byte[] octets);

    /** There is no more. */
    void end();
  }

  /** It may begin. */
  void start(Sink sink);

  /** The sink takes more again. */
  void writable();

  /** Nobody reads it any more. */
  void closed();
}
