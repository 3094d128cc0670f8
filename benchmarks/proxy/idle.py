"""What a sidecar costs that has nothing to do, and how long it takes to start."""

import os
import re
import time

from processes import CannotMeasure, Started, await_answer, await_line, free_ports
from report import Figure

START_WITHIN = 60


def measure(launcher, folder, backend, starts, settle, environment):
    """Starts a mesh, and a sidecar before the backend several times.

    Returns figures by name: times in milliseconds from the start of the process to its admin port
    saying ready and to the first answered request (through the mesh: outbound, mutual TLS, inbound),
    and the resident memory after the settling time, all of it and the anonymous part.
    """
    os.makedirs(folder)
    data = f"{folder}/state"
    up = Started("fairlead up", _up(launcher, data), f"{folder}/up.log", environment)
    try:
        await_line(up, "ready;", START_WITHIN)
        ports = _ports(up.log)
        found = {"ready": [], "answered": [], "memory": [], "anonymous": []}
        for number in range(starts):
            one = _start(launcher, folder, data, ports, backend, number, settle, environment)
            for name, value in one.items():
                found[name].append(value)
        return {name: Figure(values) for name, values in found.items()}
    finally:
        up.end()


def _up(launcher, data):
    free = ["--http-port", "--xds-port", "--secure-xds-port", "--otlp-grpc-port", "--otlp-http-port"]
    return [launcher, "up", "--data", data] + [word for flag in free for word in (flag, "0")]


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


def _start(launcher, folder, data, ports, backend, number, settle, environment):
    inbound, outbound, admin = free_ports(3)
    command = [launcher, "sidecar", "--service", "idle", "--app-port", str(backend)]
    command += ["--health-path", "/100", "--health-period", "100ms", "--data", data]
    command += ["--inbound", str(inbound), "--outbound", str(outbound), "--admin", str(admin)]
    command += ["--registry", f"http://127.0.0.1:{ports['api']}"]
    command += ["--control", f"127.0.0.1:{ports['control']}"]
    command += ["--otlp", f"http://127.0.0.1:{ports['spans']}"]
    sidecar = Started("the sidecar", command, f"{folder}/sidecar-{number}.log", environment)
    try:
        ready = await_answer(sidecar, admin, "/ready", START_WITHIN)
        answered = await_answer(sidecar, outbound, "/100", START_WITHIN, host="idle")
        time.sleep(settle)
        sidecar.check()
        memory, anonymous = sidecar.memory_mib()
        return {
            "ready": ready * 1000,
            "answered": answered * 1000,
            "memory": memory,
            "anonymous": anonymous,
        }
    finally:
        sidecar.end()
