"""Two proxies with mutual TLS between them, as in a mesh, at a rate far below what they can bear."""

import json
import os
import pathlib
import subprocess

import peers
from mesh import START_WITHIN, Mesh
from processes import CannotMeasure, Started, await_answer, free_ports
from report import Figure

CONNECTIONS = 16
RATE = 1_000
NAMES = ("direct", "nginx", "envoy", "fairlead")


class Pairs:
    """A pair of each kind, running."""

    def __init__(self, folder, launcher, envoy, cpus, environment):
        os.makedirs(folder)
        self.folder, self.launcher, self.envoy = folder, launcher, envoy
        self.load_cpu, self.proxy_cpu = cpus
        self.environment = environment
        self.started = []
        self.processes = {"direct": ()}
        self.entrances = {}
        self.generator = _compile(folder)

    def start(self, backend):
        self.entrances["direct"] = (backend, "localhost")
        certificates = peers.pair_certificates(self.folder)
        for name in ("nginx", "envoy"):
            entrance, between = free_ports(2)
            processes = []
            for side, port, upstream in (("server", between, backend), ("client", entrance, between)):
                where = f"{self.folder}/{name}-{side}"
                command = (
                    peers.nginx_side(where, side, port, upstream, certificates)
                    if name == "nginx"
                    else peers.envoy_side(self.envoy, where, side, port, upstream, certificates)
                )
                processes.append(self._start(f"{name}-{side}", command))
            self._keep(name, processes, entrance, "localhost")
        self._mesh(backend)

    def _mesh(self, backend):
        # The peers record no traces at all.
        mesh = Mesh(self.launcher, f"{self.folder}/mesh", self.environment, sample_percent=1)
        self.started.append(mesh.up)
        mesh.await_ready()
        sides = [mesh.sidecar(service, backend, self._pinned()) for service in ("server", "client")]
        self.started += [side.process for side in sides]
        self._keep("fairlead", [side.process for side in sides], sides[1].outbound, "server")

    def _pinned(self):
        return ["taskset", "-c", str(self.proxy_cpu)]

    def _start(self, name, command):
        log = f"{self.folder}/{name}.log"
        started = Started(name, [*self._pinned(), *command], log, self.environment)
        self.started.append(started)
        return started

    def _keep(self, name, processes, entrance, host):
        await_answer(processes[1], entrance, "/100", START_WITHIN, host)
        self.processes[name] = processes
        self.entrances[name] = (entrance, host)

    def run(self, name, seconds, rate=RATE):
        """Latencies in microseconds, and the CPU of both proxies per request."""
        port, host = self.entrances[name]
        words = [str(port), host, "/100", str(CONNECTIONS), str(rate), str(seconds)]
        before = [process.cpu_seconds() for process in self.processes[name]]
        done = subprocess.run(
            ["taskset", "-c", str(self.load_cpu), self.generator, *words],
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise CannotMeasure(f"{name}: {done.stderr[-400:]}")
        found = json.loads(done.stdout)
        used = [
            1e6 * (process.cpu_seconds() - earlier) / found["requests"]
            for process, earlier in zip(self.processes[name], before)
        ]
        return {**found, "us": sum(used) / len(used) if used else 0.0}

    def end(self):
        for process in reversed(self.started):
            process.end()


def measure(pairs, rounds, seconds, goals):
    """Interleaved rounds; what a pair adds is taken against the direct call of its round."""
    for name in NAMES[1:]:
        _warm_up(pairs, name)
    runs = {name: [] for name in NAMES}
    for number in range(rounds):
        for name in NAMES if number % 2 == 0 else reversed(NAMES):
            runs[name].append(pairs.run(name, seconds))
    print(f"\npairs, {RATE} requests/s over {CONNECTIONS} connections, {rounds} rounds of {seconds} s")
    print(f"{'':10}{'p50 us':>10}{'p99 us':>10}{'CPU us per request and proxy':>32}")
    for name, samples in runs.items():
        medians = [Figure(run[what] for run in samples).median for what in ("p50", "p99", "us")]
        print(f"{name:10}{medians[0]:>10.0f}{medians[1]:>10.0f}{medians[2]:>32.1f}")
    for what, nginx, envoy in (("p50", 1.0, 0.5), ("p99", 1.2, 0.5)):
        added = {
            name: Figure(one[what] - base[what] for one, base in zip(runs[name], runs["direct"]))
            for name in NAMES[1:]
        }
        title = f"pair with mutual TLS, added {what}"
        goals.compared(title, added["fairlead"], "nginx", added["nginx"], "us", nginx)
        goals.compared(title, added["fairlead"], "envoy", added["envoy"], "us", envoy)
    cost = {name: Figure(run["us"] for run in runs[name]) for name in NAMES[1:]}
    title = "pair with mutual TLS, CPU per request"
    goals.compared(title, cost["fairlead"], "nginx", cost["nginx"], "us", 1.1)
    goals.compared(title, cost["fairlead"], "envoy", cost["envoy"], "us")
    return runs


def _warm_up(pairs, name):
    """Until the compilers of the JVMs have nothing more to do, within a bound; sooner at a higher rate."""
    costs = []
    for _ in range(9 if name == "fairlead" else 1):
        costs.append(pairs.run(name, 10, 4 * RATE)["us"])
        if len(costs) > 3 and max(costs[-3:]) < 1.03 * min(costs[-3:]):
            break


def _compile(folder):
    source = pathlib.Path(__file__).with_name("latency.c")
    program = f"{folder}/latency"
    done = subprocess.run(["cc", "-O2", "-o", program, source], capture_output=True, text=True)
    if done.returncode != 0:
        raise CannotMeasure(f"cannot compile {source}:\n{done.stderr[-800:]}")
    return program
