package io.fairlead.config;

/**
 * Which methods of gRPC a GRPCRoute matches (Gateway API v1, GRPCMethodMatch). Immutable.
 *
 * @param service empty takes any
 * @param method empty takes any
 */
public record Rpc(Form form, String service, String method) {
  /** How the names are compared. */
  public enum Form {
    EXACT,
    REGULAR_EXPRESSION
  }
}
