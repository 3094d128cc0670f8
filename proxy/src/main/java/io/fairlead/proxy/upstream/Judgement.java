package io.fairlead.proxy.upstream;

/** What a proxy itself thinks of an endpoint. */
public enum Judgement {
  /** Nothing speaks against it. */
  PASSED,
  /** It is out for a while because of its answers. */
  EJECTED
}
