"""What a sidecar costs that has nothing to do, and how long it takes to start."""

import os
import time

from mesh import START_WITHIN, Mesh
from processes import CannotMeasure, await_answer, free_ports
from report import Figure


def measure(launcher, folder, backend, starts, settle, environment):
    """Starts a mesh, and a sidecar before the backend several times.

    Returns figures by name: times in milliseconds from the start of the process to its admin port
    saying ready and to the first answered request (through the mesh: outbound, mutual TLS, inbound),
    and the resident memory after the settling time, all of it and the anonymous part; "restarted" is
    the time to the first answered request of one that died and finds its state on disk.
    """
    mesh = Mesh(launcher, folder, environment)
    try:
        mesh.await_ready()
        found = {"ready": [], "answered": [], "memory": [], "anonymous": [], "restarted": []}
        for number in range(starts):
            for name, value in _start(mesh, backend, number, settle).items():
                found[name].append(value)
            found["restarted"].append(_restart(mesh, backend, number))
        return {name: Figure(values) for name, values in found.items()}
    finally:
        mesh.end()


def _start(mesh, backend, number, settle):
    sidecar = mesh.sidecar("idle", backend, name=f"sidecar {number}")
    try:
        ready = await_answer(sidecar.process, sidecar.admin, "/ready", START_WITHIN)
        answered = await_answer(sidecar.process, sidecar.outbound, "/100", START_WITHIN, host="idle")
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
