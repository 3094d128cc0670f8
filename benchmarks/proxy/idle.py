"""What a sidecar costs that has nothing to do, and how long it takes to start."""

import time

from mesh import START_WITHIN, Mesh
from processes import await_answer
from report import Figure


def measure(launcher, folder, backend, starts, settle, environment):
    """Starts a mesh, and a sidecar before the backend several times.

    Returns figures by name: times in milliseconds from the start of the process to its admin port
    saying ready and to the first answered request (through the mesh: outbound, mutual TLS, inbound),
    and the resident memory after the settling time, all of it and the anonymous part.
    """
    mesh = Mesh(launcher, folder, environment)
    try:
        mesh.await_ready()
        found = {"ready": [], "answered": [], "memory": [], "anonymous": []}
        for number in range(starts):
            for name, value in _start(mesh, backend, number, settle).items():
                found[name].append(value)
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
