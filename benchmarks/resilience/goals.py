"""What is measured, and what it is measured against."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Subject:
    """A benchmark class of ours, with one method per library.

    peers maps a method to the greatest ratio of ours to it by number of threads; where the number is
    missing, the ratio is only noted. bare is what is taken off from all.
    """

    part: str
    what: str
    name: str
    peers: dict
    ours: str = "fairlead"
    bare: str = "Bare.call"
    zero_bytes: bool = False
    at_most_ns: dict = dataclasses.field(default_factory=dict)

    def methods(self):
        """Of the class itself; a bare call of another class is measured once a round."""
        own = [self.bare] if self.bare.startswith(self.name + ".") else []
        return own + [f"{self.name}.{method}" for method in (self.ours, *self.peers)]


def both(ratio):
    return {1: ratio, 2: ratio}


SUBJECTS = [
    Subject(
        "breaker",
        "breaker, count window, no failures",
        "CountWindow",
        {"resilience4j": both(1 / 10), "resilience4jLockFree": {}, "failsafe": {}},
        zero_bytes=True,
    ),
    Subject(
        "breaker",
        "breaker, count window, 5 % fail",
        "FailingWindow",
        {"resilience4j": {1: 1 / 4, 2: 1 / 2}, "failsafe": {}},
        bare="FailingWindow.bare",
    ),
    Subject(
        "breaker",
        "breaker, 5 % fail, without clocks",
        "FailingOutcomes",
        {"resilience4j": {}},
        bare="FailingWindow.bare",
    ),
    Subject(
        "breaker",
        "breaker, time window, no failures",
        "TimeWindow",
        {"resilience4j": both(1 / 8), "resilience4jLockFree": {}, "failsafe": {}},
        zero_bytes=True,
    ),
    Subject(
        "pipeline",
        "breaker, retry, bulkhead, timeout",
        "PipelineCall",
        {"resilience4j": {1: 1 / 4, 2: 1 / 3}, "failsafe": both(1 / 10)},
        zero_bytes=True,
    ),
    Subject(
        "open",
        "open breaker, exception",
        "OpenBreaker",
        {"resilience4j": both(1 / 20), "failsafe": {}},
    ),
    Subject(
        "open",
        "open breaker, tryAcquire",
        "OpenBreaker",
        {},
        ours="fairleadTryAcquire",
        at_most_ns={1: 5},
    ),
    Subject(
        "policies",
        "bulkhead",
        "BulkheadCall",
        {"resilience4j": both(1 / 2), "failsafe": both(1 / 8)},
    ),
    Subject(
        "policies",
        "rate limiter",
        "RateLimit",
        {"resilience4j": both(1 / 3), "failsafe": both(1 / 8)},
        zero_bytes=True,
    ),
    Subject(
        "policies",
        "retry",
        "RetryCall",
        {"resilience4j": both(1), "failsafe": both(1 / 8)},
    ),
    Subject(
        "policies",
        "retry with its default budget",
        "RetryCall",
        {"resilience4j": {}},
        ours="fairleadWithBudget",
    ),
    Subject(
        "keys",
        "look-up among 100,000 keys",
        "KeyLookup",
        {"resilience4j": {}},
        bare="KeyLookup.bare",
        at_most_ns={1: 30},
    ),
]

PARTS = tuple(dict.fromkeys(subject.part for subject in SUBJECTS))
