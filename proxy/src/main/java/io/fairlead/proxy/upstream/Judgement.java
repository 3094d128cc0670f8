package io.fairlead.proxy.upstream;

/** What a proxy itself thinks of an endpoint. */
public enum Judgement {
  /** Nothing speaks against it. */
  PASSED,
  /** It is out for a while because of its answers. */
  EJECTED,
  /** Its health checks fail. */
  FAILED_CHECK,
  /** It is new and its first health check is under way. */
  AWAITS_CHECK
}
