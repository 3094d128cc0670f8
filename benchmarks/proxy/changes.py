"""How soon a change of one route among many is in force, and what it costs the other requests."""

import os
import threading
import time

import peers
from mesh import Mesh
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
    """From the moment at which a file has its new content to the new answer: of a gateway of files, and
    of one on a mesh whose control plane follows the folder."""
    return {
        "files": _files(proxies, launcher, f"{folder}/files", upstream, rounds, goals),
        "mesh": _mesh(proxies, launcher, f"{folder}/mesh", upstream, rounds, goals),
    }


def _files(proxies, launcher, folder, upstream, rounds, goals):
    port = _configuration(f"{folder}/routes", upstream)
    command = [*_gateway(launcher), "-f", f"{folder}/routes"]
    gateway = Started("gateway", command, f"{folder}/gateway.log", proxies.environment)
    try:
        return _changes(gateway, port, f"{folder}/routes", rounds, goals, "in force")
    finally:
        gateway.end()


def _mesh(proxies, launcher, folder, upstream, rounds, goals):
    port = _configuration(f"{folder}/routes", upstream)
    mesh = Mesh(launcher, f"{folder}/up", proxies.environment, config=f"{folder}/routes")
    try:
        mesh.await_ready()
        command = [*_gateway(launcher), "--name", "bench", *mesh.access()]
        gateway = Started("gateway on a mesh", command, f"{folder}/gateway.log", proxies.environment)
        try:
            return _changes(gateway, port, f"{folder}/routes", rounds, goals, "in force on a mesh")
        finally:
            gateway.end()
    finally:
        mesh.end()


def _configuration(folder, upstream):
    """Files of the routes in a new folder; the port of the gateway."""
    os.makedirs(folder)
    (port,) = free_ports(1)
    _write(f"{folder}/gateway.yaml", GATEWAY.format(port=port, upstream=upstream))
    each = ROUTES // 10
    for part in range(10):
        numbers = range(part * each, (part + 1) * each)
        text = "".join(_route(number, peers.SMALL) for number in numbers)
        _write(f"{folder}/part-{part}.yaml", text.removeprefix("---\n"))
    _change(folder, peers.SMALL)
    return port


def _gateway(launcher):
    (admin,) = free_ports(1)
    command = [launcher, "gateway", "--concurrency", "1", "--otlp", "none"]
    return [*command, "--admin", f"127.0.0.1:{admin}"]


def _changes(gateway, port, folder, rounds, goals, where):
    await_answer(gateway, port, "/route-changed", 120)
    other = Other(port)
    reached, quiet, during = [], [], []
    for number in range(rounds):
        quiet += other.times(2)
        size = peers.LARGE if number % 2 == 0 else peers.SMALL
        other.begin()
        _change(folder, size)
        reached.append(1000 * _until(port, "/route-changed", size))
        during += other.end()
    gateway.check()
    goals.bounded(f"change of one route among {ROUTES:,}, {where}", Figure(reached), "ms", 100)
    for name, times in (("quiet", quiet), ("while it changes", during)):
        times.sort()
        p99 = Figure([times[int(0.99 * len(times))]])
        goals.noted(f"other requests, p99, {name} ({where})", p99, "us")
    return {"reached_ms": reached, "quiet_us": quiet, "during_us": during}


def _change(folder, size):
    _write(f"{folder}/changed.yaml", _route("changed", size).removeprefix("---\n"))


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
