"""How soon a change of one route among many is in force, and what it costs the other requests."""

import os
import threading
import time

import peers
from processes import CannotMeasure, Started, await_answer, free_ports, get
from report import Figure

ROUTES = 10_000
WITHIN = 30
GATEWAY = """apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{ name: bench }}
spec: {{ listeners: [{{ name: plain, port: {port} }}] }}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{ name: backend }}
spec:
  hosts: [backend]
  resolution: STATIC
  ports: [{{ number: {upstream}, name: http, protocol: HTTP }}]
  endpoints: [{{ address: 127.0.0.1, ports: {{ http: {upstream} }} }}]
"""
ROUTE = """---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{ name: route-{number} }}
spec:
  parentRefs: [{{ name: bench }}]
  rules:
    - matches: [{{ path: {{ type: Exact, value: "{path}" }} }}]
      backendRefs: [{{ name: backend }}]
      filters:
        - type: URLRewrite
          urlRewrite: {{ path: {{ type: ReplaceFullPath, replaceFullPath: "{to}" }} }}
"""


def measure(proxies, launcher, folder, upstream, rounds, goals):
    """A gateway of files: from the moment at which a file has its new content to the new answer."""
    os.makedirs(f"{folder}/routes")
    port, admin = free_ports(2)
    _write(f"{folder}/routes/gateway.yaml", GATEWAY.format(port=port, upstream=upstream))
    each = ROUTES // 10
    for part in range(10):
        numbers = range(part * each, (part + 1) * each)
        text = "".join(_route(number, peers.SMALL) for number in numbers)
        _write(f"{folder}/routes/part-{part}.yaml", text.removeprefix("---\n"))
    changed = f"{folder}/routes/changed.yaml"
    _write(changed, _route("changed", peers.SMALL).removeprefix("---\n"))
    command = [launcher, "gateway", "-f", f"{folder}/routes", "--concurrency", "1"]
    command += ["--admin", f"127.0.0.1:{admin}", "--otlp", "none"]
    gateway = Started("gateway", command, f"{folder}/gateway.log", proxies.environment)
    try:
        await_answer(gateway, port, "/route-changed", 120)
        other = Other(port)
        reached, quiet, during = [], [], []
        for number in range(rounds):
            quiet += other.times(2)
            size = peers.LARGE if number % 2 == 0 else peers.SMALL
            other.begin()
            _write(changed, _route("changed", size).removeprefix("---\n"))
            reached.append(1000 * _until(port, "/route-changed", size))
            during += other.end()
        gateway.check()
    finally:
        gateway.end()
    goals.bounded(f"change of one route among {ROUTES:,}, in force", Figure(reached), "ms", 100)
    for name, times in (("quiet", quiet), ("while it changes", during)):
        times.sort()
        goals.noted(f"other requests, p99, {name}", Figure([times[int(0.99 * len(times))]]), "us")
    return {"reached_ms": reached, "quiet_us": quiet, "during_us": during}


def _route(number, size):
    return ROUTE.format(number=number, path=f"/route-{number}", to=f"/{size}")


def _write(path, text):
    with open(f"{path}.new", "w") as out:
        out.write(text)
    os.replace(f"{path}.new", path)


def _until(port, path, size):
    begin = time.monotonic()
    while time.monotonic() < begin + WITHIN:
        if get(port, path) == (200, size):
            return time.monotonic() - begin
    raise CannotMeasure(f"the change was not in force within {WITHIN} s")


class Other:
    """Asks by another route, again and again, and notes how long each answer takes."""

    def __init__(self, port):
        self.port = port

    def times(self, seconds):
        self.begin()
        time.sleep(seconds)
        return self.end()

    def begin(self):
        self.over, self.found = False, []
        self.thread = threading.Thread(target=self._ask)
        self.thread.start()

    def _ask(self):
        while not self.over:
            begin = time.monotonic()
            if get(self.port, "/route-7")[0] != 200:
                raise CannotMeasure("a request failed while routes changed")
            self.found.append(1e6 * (time.monotonic() - begin))
            time.sleep(0.001)

    def end(self):
        self.over = True
        self.thread.join()
        return self.found
