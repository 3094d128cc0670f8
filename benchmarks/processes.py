"""Starts processes, says what they cost, and ends them: only these, by their ids. Linux only."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")
PR_SET_PDEATHSIG = 1


class CannotMeasure(Exception):
    """Says in a sentence why there is no result."""


class Started:
    """A process with all that it started."""

    def __init__(self, name, command, log, environment=None):
        self.name = name
        self.log = log
        self.began = time.monotonic()
        with open(log, "wb") as out:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=environment,
                preexec_fn=_end_with_parent,
            )

    def tree(self):
        """Ids of the process and its descendants."""
        found, open_ids = [], [self.process.pid]
        while open_ids:
            pid = open_ids.pop()
            found.append(pid)
            with contextlib.suppress(OSError):
                for task in os.listdir(f"/proc/{pid}/task"):
                    with open(f"/proc/{pid}/task/{task}/children") as children:
                        open_ids += [int(child) for child in children.read().split()]
        return found

    def cpu_seconds(self):
        """User and system time of the whole tree."""
        ticks = 0
        for pid in self.tree():
            with contextlib.suppress(OSError):
                with open(f"/proc/{pid}/stat") as stat:
                    fields = stat.read().rsplit(")", 1)[1].split()
                ticks += int(fields[11]) + int(fields[12])
        return ticks / TICKS

    def memory_mib(self):
        """Resident memory of the tree: all of it, and the anonymous part."""
        total = anonymous = 0
        for pid in self.tree():
            with contextlib.suppress(OSError):
                with open(f"/proc/{pid}/status") as status:
                    for line in status:
                        if line.startswith("VmRSS:"):
                            total += int(line.split()[1])
                        elif line.startswith("RssAnon:"):
                            anonymous += int(line.split()[1])
        return total / 1024, anonymous / 1024

    def check(self):
        """Raises if the process has ended."""
        if self.process.poll() is not None:
            raise CannotMeasure(
                f"{self.name} ended with status {self.process.returncode}:\n{self.last_lines()}"
            )

    def last_lines(self):
        with open(self.log, errors="replace") as log:
            return "".join(log.readlines()[-15:])

    def end(self):
        """Asks it to stop, and kills it if it does not within ten seconds."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self):
        """Ends it with all that it started, without asking."""
        for pid in self.tree():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(10)


def _end_with_parent():
    # Also when this script is killed, nothing that it started stays behind.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def free_ports(count):
    """Ports of loopback that nobody listens on now; all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def get(port, path, host="localhost", timeout=5):
    """Status and body length of one request over a new connection; status 0 if there is none."""
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
    answer = b""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout) as connection:
            connection.sendall(request)
            while part := connection.recv(65536):
                answer += part
    except OSError:
        return 0, 0
    head, _, body = answer.partition(b"\r\n\r\n")
    words = head.split(b" ", 2)
    return (int(words[1]) if len(words) > 1 else 0), len(body)


def await_answer(started, port, path, within, host="localhost"):
    """Seconds from the start of the process to the first 200."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        started.check()
        if get(port, path, host)[0] == 200:
            return time.monotonic() - started.began
        time.sleep(0.002)
    raise CannotMeasure(
        f"{started.name} did not answer {path} with 200 within {within} s:\n{started.last_lines()}"
    )


def await_line(started, text, within):
    """Waits until the process has printed the text."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        started.check()
        with open(started.log, errors="replace") as log:
            if text in log.read():
                return
        time.sleep(0.02)
    raise CannotMeasure(
        f"{started.name} did not print '{text}' within {within} s:\n{started.last_lines()}"
    )


def busy_seconds(cpu):
    """How long a processor has not been idle, and how long its hypervisor served others."""
    with open("/proc/stat") as stat:
        for line in stat:
            fields = line.split()
            if fields[0] == f"cpu{cpu}":
                values = [int(value) for value in fields[1:9]]
                idle, stolen = values[3] + values[4], values[7]
                return (sum(values) - idle - stolen) / TICKS, stolen / TICKS
    raise CannotMeasure(f"there is no processor {cpu}")
