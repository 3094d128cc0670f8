"""Ratios with their spread, and one line per goal."""

import json
import os
import platform
import statistics
import time


class Figure:
    """A median with the least and the greatest of what it was taken from."""

    def __init__(self, values):
        self.values = list(values)
        self.median = statistics.median(self.values)
        self.least = min(self.values)
        self.greatest = max(self.values)

    def show(self, digits=1):
        return f"{self.median:.{digits}f}"

    def spread(self, digits=2):
        return f"{self.least:.{digits}f}-{self.greatest:.{digits}f}"

    def json(self):
        return {"median": self.median, "values": self.values}


def ratio(ours, peer):
    """Of pairs from the same round, so that what disturbs a whole round cancels out."""
    return Figure(mine / theirs for mine, theirs in zip(ours.values, peer.values))


def _short(ratio):
    """Two digits, or three where two would say another goal."""
    two = f"{ratio:.2f}"
    return two if float(two) == ratio else f"{ratio:.3f}"


class Goals:
    """Collects the lines that are printed at the end."""

    HEADER = ("", "what", "ours", "peer", "ratio", "spread", "goal")

    def __init__(self):
        self.rows = []

    def compared(self, what, ours, peer_name, peer, unit, at_most=None):
        """A ratio to a peer; without a goal it is only noted."""
        found = ratio(ours, peer)
        met = None if at_most is None else found.median <= at_most
        digits = 2 if found.median >= 0.1 else 3
        self._add(
            met,
            what,
            f"{ours.show()} {unit}",
            f"{peer_name} {peer.show()} {unit}",
            found.show(digits),
            found.spread(digits),
            "-" if at_most is None else f"<= {_short(at_most)} x",
        )

    def bounded(self, what, ours, unit, at_most):
        """A figure of our own with a bound; one that must be 0 is met when it rounds to 0."""
        met = ours.median <= at_most if at_most else round(ours.median) == 0
        shown = f"{ours.show()} {unit}"
        self._add(met, what, shown, "-", "-", ours.spread(1), f"<= {at_most} {unit}")

    def noted(self, what, ours, unit):
        """A figure of our own that has no peer."""
        self._add(None, what, f"{ours.show(0)} {unit}", "-", "-", ours.spread(0), "-")

    def missing(self, what, why):
        """Nothing to measure yet; it stands among the lines so that nobody overlooks it."""
        self.rows.append(("missing", what, "-", "-", "-", "-", why))

    def _add(self, met, *cells):
        self.rows.append(({True: "met", False: "missed", None: "noted"}[met], *cells))

    def show(self):
        table = [self.HEADER, *self.rows]
        widths = [max(len(row[i]) for row in table) for i in range(len(self.HEADER))]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
            for row in table
        )

    def json(self):
        return [dict(zip(("result", *self.HEADER[1:]), row)) for row in self.rows]


def machine():
    """What a figure means nothing without."""
    model = ""
    with open("/proc/cpuinfo") as info:
        for line in info:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return {
        "processor": model,
        "processors": len(os.sched_getaffinity(0)),
        "system": f"{platform.system()} {platform.release()}",
        "load": os.getloadavg()[0],
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def write(path, content):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w") as out:
        json.dump(content, out, indent=1)
        out.write("\n")
