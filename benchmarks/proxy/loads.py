"""The loads that proxies are put under, each by a real client that counts what was answered."""

import re
import subprocess

from processes import CannotMeasure

CONNECTIONS = 32
STREAMS = 10


class Http1:
    """32 kept connections of wrk, in clear text or within TLS 1.3."""

    def __init__(self, size, port):
        self.size = size
        self.port = port

    def __str__(self):
        within = ", TLS" if self.port == "secure" else ""
        return f"HTTP/1.1{within}, {self.size:,} B"

    def run(self, cpu, ports, seconds):
        scheme = "https" if self.port == "secure" else "http"
        url = f"{scheme}://127.0.0.1:{getattr(ports, self.port)}/{self.size}"
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", url]
        printed = _run(cpu, command)
        total = re.search(r"(\d+) requests in", printed)
        errors = re.search(r"(Socket errors: .*|Non-2xx or 3xx responses: .*)", printed)
        return _count(url, total, errors, printed)


class Http2:
    """32 connections of h2load within TLS 1.3, on each 10 streams at a time."""

    def __init__(self, size):
        self.size = size

    def __str__(self):
        return f"HTTP/2, TLS, {self.size:,} B"

    def run(self, cpu, ports, seconds):
        url = f"https://127.0.0.1:{ports.secure}/{self.size}"
        command = ["h2load", "-t1", f"-c{CONNECTIONS}", f"-m{STREAMS}", f"-D{seconds}", url]
        printed = _run(cpu, command)
        if "Application protocol: h2" not in printed:
            raise CannotMeasure(f"{url} did not speak h2:\n{printed[-800:]}")
        return _h2load(url, printed)


class Grpc:
    """Unary calls of 100 octets by h2load over 8 connections in clear text, 10 at a time on each."""

    def __init__(self, body):
        self.body = body

    def __str__(self):
        return "gRPC unary, HTTP/2 from end to end"

    def run(self, cpu, ports, seconds):
        url = f"http://127.0.0.1:{ports.plain}/call"
        command = ["h2load", "-t1", "-c8", f"-m{STREAMS}", f"-D{seconds}", "-d", self.body]
        command += ["-H", "content-type: application/grpc", "-H", "te: trailers", url]
        return _h2load(url, _run(cpu, command))


def _run(cpu, command):
    pinned = ["taskset", "-c", str(cpu), *command]
    return subprocess.run(pinned, capture_output=True, text=True).stdout


def _h2load(url, printed):
    total = re.search(r"requests: \d+ total, \d+ started, (\d+) done", printed)
    # A load that ends by the clock leaves streams unanswered, which h2load counts as errored.
    codes = re.search(r"status codes: \d+ 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", printed)
    bad = codes is None or codes.groups() != ("0", "0", "0")
    return _count(url, total, codes if bad else None, printed)


def _count(url, total, errors, printed):
    if errors is not None:
        raise CannotMeasure(f"{url}: {errors[0]}")
    if total is None or int(total[1]) == 0:
        raise CannotMeasure(f"{url} answered nothing:\n{printed[-800:]}")
    return int(total[1])
