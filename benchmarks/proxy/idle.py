"""What a sidecar costs that has nothing to do, and how long it takes to start."""

import json
import os
import time
import urllib.request

from mesh import START_WITHIN, Mesh
from processes import CannotMeasure, await_answer, free_ports
from report import Figure

SERVICES = 1_000
USED = 10


def measure(launcher, folder, backend, starts, settle, environment):
    """Starts a mesh, and a sidecar before the backend several times.

    Returns figures by name: times in milliseconds from the start of the process to its admin port
    saying ready and to the first answered request (through the mesh: outbound, mutual TLS, inbound),
    and the resident memory after the settling time, all of it and the anonymous part; "restarted" is
    the time to the first answered request of one that died and finds its state on disk. Then the same
    once more with many services, of which few are called: what its memory is more then.
    """
    mesh = Mesh(launcher, folder, environment)
    try:
        mesh.await_ready()
        found = {"ready": [], "answered": [], "memory": [], "anonymous": [], "restarted": []}
        for number in range(starts):
            for name, value in _start(mesh, backend, number, settle, []).items():
                found[name].append(value)
            found["restarted"].append(_restart(mesh, backend, number))
        used = _register(mesh, backend)
        many = [_start(mesh, backend, starts + number, settle, used) for number in range(starts)]
        found["more"] = [
            one["memory"] - without for one, without in zip(many, found["memory"], strict=True)
        ]
        return {name: Figure(values) for name, values in found.items()}
    finally:
        mesh.end()


def _register(mesh, backend):
    """Services for longer than this takes; the names of those that answer, in plain text. The others
    are as those with sidecars, which nobody calls."""
    for number in range(SERVICES):
        metadata = {} if number < USED else {"fairlead.io/mtls": "true"}
        instance = {"host": "127.0.0.1", "port": backend, "metadata": metadata, "leaseSeconds": 86_400}
        request = urllib.request.Request(
            f"http://127.0.0.1:{mesh.ports['api']}/v1/services/many-{number}/instances/{number}",
            data=json.dumps(instance).encode(),
            headers={"content-type": "application/json"},
            method="PUT",
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            if answer.status not in (200, 201):
                raise CannotMeasure(f"a registration was answered with {answer.status}")
    return [f"many-{number}" for number in range(USED)]


def _start(mesh, backend, number, settle, used):
    sidecar = mesh.sidecar("idle", backend, name=f"sidecar {number}")
    try:
        ready = await_answer(sidecar.process, sidecar.admin, "/ready", START_WITHIN)
        answered = await_answer(sidecar.process, sidecar.outbound, "/100", START_WITHIN, host="idle")
        for service in used:
            await_answer(sidecar.process, sidecar.outbound, "/100", START_WITHIN, host=service)
        time.sleep(settle)
        sidecar.process.check()
        memory, anonymous = sidecar.process.memory_mib()
        return {
            "ready": ready * 1000,
            "answered": answered * 1000,
            "memory": memory,
            "anonymous": anonymous,
        }
    finally:
        sidecar.process.end()


def _restart(mesh, backend, number):
    """Milliseconds from the second start of a sidecar that keeps its state to its first answer.

    The first one is killed, so that nobody hears of its end: what it kept still leads to itself.
    """
    ports = free_ports(3)
    state = f"{mesh.folder}/kept-{number}"
    options = ["--state", state, "--state-after", "0s"]

    def start(name):
        name = f"{name} sidecar {number}"
        return mesh.sidecar("kept", backend, name=name, ports=ports, options=options)

    first = start("first")
    try:
        await_answer(first.process, first.outbound, "/100", START_WITHIN, host="kept")
        _await_kept(f"{state}/configuration")
    finally:
        first.process.kill()
    second = start("second")
    try:
        return 1000 * await_answer(
            second.process, second.outbound, "/100", START_WITHIN, host="kept"
        )
    finally:
        second.process.end()


def _await_kept(file):
    """Waits until the file has not changed for a second."""
    end = time.monotonic() + START_WITHIN
    while time.monotonic() < end:
        if os.path.exists(file) and time.time() - os.stat(file).st_mtime > 1:
            return
        time.sleep(0.1)
    raise CannotMeasure(f"{file} was not kept within {START_WITHIN} s")
