package io.fairlead.interop.resilience;

/** What a rejection costs. Stateless. */
final class CallPath {
  private CallPath() {}

  static Outcome stackTraces(Library library) {
    return Outcome.okIf(
        library.rejections().stream().allMatch(failure -> failure.getStackTrace().length == 0));
  }
}
