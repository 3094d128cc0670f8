package io.fairlead.config;

/**
 * What a template of an access log can ask for, by Envoy's names. What is not known is written as
 * {@code -} in text and {@code null} in JSON.
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage#command-operators">
 *     Envoy, command operators</a>
 */
public enum LogCommand {
  /** When the request began, in UTC; with a format of strftime, else ISO 8601 in milliseconds. */
  START_TIME(Argument.DATE),
  /** A field of the request, or {@code :METHOD}, {@code :PATH}, {@code :AUTHORITY}. */
  REQ(Argument.FIELD),
  /** A field of the upstream's answer. */
  RESP(Argument.FIELD),
  PROTOCOL,
  /** 0 if no answer was given. */
  RESPONSE_CODE(Value.NUMBER),
  RESPONSE_CODE_DETAILS,
  RESPONSE_FLAGS,
  RESPONSE_FLAGS_LONG,
  /** Known for connections that are passed on. */
  CONNECTION_TERMINATION_DETAILS,
  /** Octets of the request's body. */
  BYTES_RECEIVED(Value.NUMBER),
  /** Octets of the answer's body. */
  BYTES_SENT(Value.NUMBER),
  /** Milliseconds from the request's head to the end. */
  DURATION(Value.NUMBER),
  /** Milliseconds from the request's head to the head of the upstream's answer. */
  RESPONSE_DURATION(Value.NUMBER),
  /** Address of the last endpoint. */
  UPSTREAM_HOST,
  UPSTREAM_CLUSTER,
  UPSTREAM_CLUSTER_RAW,
  /** Accepted for the sake of Istio's format; not known here. */
  UPSTREAM_LOCAL_ADDRESS,
  UPSTREAM_REQUEST_ATTEMPT_COUNT(Value.NUMBER),
  /** Why the last attempt failed. */
  UPSTREAM_TRANSPORT_FAILURE_REASON,
  ROUTE_NAME,
  /** The client, as far as proxies in front are believed. */
  DOWNSTREAM_REMOTE_ADDRESS,
  DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT,
  /** The other end of the connection. */
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS,
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT,
  DOWNSTREAM_LOCAL_ADDRESS,
  DOWNSTREAM_LOCAL_PORT(Value.NUMBER),
  /** The identity that the client's certificate proves. */
  DOWNSTREAM_PEER_URI_SAN,
  /** The server that the client named in TLS. */
  REQUESTED_SERVER_NAME,
  /** Of the trace that is recorded, or that the caller has begun. */
  TRACE_ID,
  /** Name of this proxy. */
  HOSTNAME;

  /** What may stand in parentheses behind a command. */
  public enum Argument {
    NONE,
    /** A name, and another one after {@code ?} if there is no such field. */
    FIELD,
    /** May be absent. */
    DATE
  }

  /** What a command gives. */
  public enum Value {
    TEXT,
    /** JSON has it without quotes. */
    NUMBER
  }

  private final Argument argument;
  private final Value value;

  LogCommand() {
    this(Argument.NONE, Value.TEXT);
  }

  LogCommand(Argument argument) {
    this(argument, Value.TEXT);
  }

  LogCommand(Value value) {
    this(Argument.NONE, value);
  }

  LogCommand(Argument argument, Value value) {
    this.argument = argument;
    this.value = value;
  }

  /** What may stand in parentheses. */
  public Argument argument() {
    return argument;
  }

  /** What it gives. */
  public Value value() {
    return value;
  }
}
