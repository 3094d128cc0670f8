"""A mesh of ours: `fairlead up`, and sidecars before a backend."""

import collections
import os
import re

from processes import CannotMeasure, Started, await_line, free_ports

START_WITHIN = 60

# A sidecar that was started, with where its application asks and where operators do.
Sidecar = collections.namedtuple("Sidecar", "process outbound admin")


class Mesh:
    def __init__(self, launcher, folder, environment, sample_percent=100, config=None):
        """With the path of a folder of YAML files, or without."""
        os.makedirs(folder)
        self.launcher, self.folder, self.environment = launcher, folder, environment
        command = [*self._up(), "--sample-percent", str(sample_percent)]
        command += ["--config", config] if config else []
        self.up = Started("fairlead up", command, f"{folder}/up.log", environment)

    def await_ready(self):
        await_line(self.up, "ready;", START_WITHIN)
        self.ports = _ports(self.up.log)

    def _up(self):
        names = ("http", "xds", "secure-xds", "otlp-grpc", "otlp-http")
        free = [word for name in names for word in (f"--{name}-port", "0")]
        return [self.launcher, "up", "--data", f"{self.folder}/state", *free]

    def sidecar(self, service, backend, prefix=(), name=None, ports=None, options=()):
        """Starts one; the prefix stands before the command, the options at its end."""
        inbound, outbound, admin = ports or free_ports(3)
        command = [*prefix, self.launcher, "sidecar", "--service", service]
        command += ["--app-port", str(backend), "--health-path", "/100"]
        command += ["--inbound", str(inbound), "--outbound", str(outbound), "--admin", str(admin)]
        command += [*self.access(), "--otlp", f"http://127.0.0.1:{self.ports['spans']}", *options]
        name = name or f"the sidecar of {service}"
        log = f"{self.folder}/{name.replace(' ', '-')}.log"
        return Sidecar(Started(name, command, log, self.environment), outbound, admin)

    def access(self):
        """How a proxy of this mesh finds it."""
        words = ["--data", f"{self.folder}/state"]
        words += ["--registry", f"http://127.0.0.1:{self.ports['api']}"]
        return [*words, "--control", f"127.0.0.1:{self.ports['control']}"]

    def end(self):
        self.up.end()


def _ports(log):
    """Of the table that the command prints: by what a port exposes."""
    with open(log) as printed:
        text = printed.read()

    def port(pattern):
        row = re.search(rf"(?m)^(\d+) +{pattern}", text)
        if row is None:
            raise CannotMeasure(f"no port for '{pattern}' in what fairlead up printed:\n{text}")
        return int(row[1])

    return {"api": port("http +registry"), "control": port("https +xDS"), "spans": port("http +spans")}
