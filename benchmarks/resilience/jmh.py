"""Runs JMH in processes of its own and reads what it found, without disturbed iterations."""

import glob
import json
import os
import pathlib
import shutil
import statistics
import subprocess

from processes import CannotMeasure, Started

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = ROOT / "benchmarks" / "resilience" / "target"
PACKAGE = "io.fairlead.benchmarks.resilience."
# One collector thread that never runs beside what is measured, and a heap that does not grow.
HEAP = ["-Xms1g", "-Xmx1g", "-Xmn600m", "-XX:+UseSerialGC"]
# An iteration counts if its threads had no processor for at most this share of it.
QUIET = 0.02
# With fewer quiet iterations the fork is repeated, and then marked.
ENOUGH = 5
REPEATS = 2
# In the whole run, so that a busy machine cannot make it take for ever.
MOST_REPEATS = 40


def java():
    """A java of JDK 25, where the launcher looks for it too."""
    homes = [os.environ.get("FAIRLEAD_JAVA_HOME", ""), os.environ.get("JAVA_HOME", "")]
    homes += sorted(glob.glob("/usr/lib/jvm/*25*") + glob.glob("/opt/*jdk*25*"))
    on_path = shutil.which("java")
    if on_path:
        homes.append(str(pathlib.Path(on_path).resolve().parents[1]))
    for home in filter(None, homes):
        release = pathlib.Path(home, "release")
        if release.is_file() and 'JAVA_VERSION="25' in release.read_text():
            return str(pathlib.Path(home, "bin", "java"))
    raise CannotMeasure("no JDK 25 found: install one and set FAIRLEAD_JAVA_HOME to its folder")


def build(program):
    """Builds ours and the benchmarks, and gives the class path."""
    shutil.rmtree(TARGET / "lib", ignore_errors=True)
    command = ["mvn", "-q", "-B", "-ntp", "-Pbenchmarks", "-pl", "benchmarks/resilience", "-am"]
    done = subprocess.run(
        [*command, "package", "-Dmaven.test.skip=true"],
        cwd=ROOT,
        env={**os.environ, "JAVA_HOME": str(pathlib.Path(program).parents[1])},
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise CannotMeasure("the build failed:\n" + done.stdout[-2000:] + done.stderr[-500:])
    return f"{TARGET}/classes:{TARGET}/lib/*"


def offered():
    """Every benchmark that was built, as Class.method."""
    listed = (TARGET / "classes" / "META-INF" / "BenchmarkList").read_text()
    # A text is written as S, its length and itself: class, generated class, method, and more.
    rows = [line.split() for line in listed.splitlines()]
    return {f"{row[3].removeprefix(PACKAGE)}.{row[9]}" for row in rows if len(row) > 9}


class Jmh:
    """How long and how often; one call of run is one fork of each method."""

    def __init__(self, program, class_path, folder, quick):
        self.program, self.class_path = program, class_path
        self.folder = folder
        warm, measured = (3, 20) if quick else (5, 50)
        self.options = ["-f", "1", "-wi", str(warm), "-w", "200ms", "-i", str(measured)]
        self.options += ["-r", "20ms", "-bm", "avgt", "-tu", "ns", "-prof", "gc", "-foe", "true"]
        self.options += ["-rf", "json", "-jvm", program, "-jvmArgs", " ".join(HEAP)]
        self.repeats_left = 10 if quick else MOST_REPEATS
        self.marked = 0
        self.forks = 0

    def run(self, methods, threads):
        """A sample of each method: Class.method to nanoseconds, bytes and quiet iterations."""
        samples, missing = {}, list(methods)
        for attempt in range(1 + REPEATS):
            if attempt:
                missing = missing[: self.repeats_left]
                self.repeats_left -= len(missing)
            for method, sample in self._fork(missing, threads).items():
                if method not in samples or sample["quiet"] > samples[method]["quiet"]:
                    samples[method] = sample
            missing = [name for name, sample in samples.items() if sample["quiet"] < ENOUGH]
            if not missing or not self.repeats_left:
                break
        self.forks += len(samples)
        self.marked += len(missing)
        return samples

    def _fork(self, methods, threads):
        result = f"{self.folder}/jmh.json"
        pattern = "|".join(
            "^" + (PACKAGE + method).replace(".", "\\.") + "$" for method in methods
        )
        arguments = [pattern, "-t", str(threads), *self.options, "-rff", result]
        self._java("JMH", [], ["org.openjdk.jmh.Main", *arguments], 30 * len(methods))
        with open(result) as found:
            entries = json.load(found)
        samples = {
            entry["benchmark"].removeprefix(PACKAGE): _sample(entry) for entry in entries
        }
        if set(samples) != set(methods):
            raise CannotMeasure(f"JMH ran {sorted(samples)} instead of {sorted(methods)}")
        return samples

    def bytes_per_key(self, library):
        result = f"{self.folder}/bytes"
        self._java("KeyMemory", HEAP, [PACKAGE + "KeyMemory", library, result], 60)
        with open(result) as found:
            return float(found.read())

    def _java(self, name, flags, arguments, seconds):
        log = f"{self.folder}/java.log"
        command = [self.program, *flags, "-cp", self.class_path, *arguments]
        started = Started(name, command, log)
        try:
            started.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise CannotMeasure(f"{name} took more than {seconds} s:\n{started.last_lines()}")
        finally:
            started.end()
        if started.process.returncode != 0:
            raise CannotMeasure(f"{name} failed:\n{started.last_lines()}")


def _sample(entry):
    """The median of the quiet iterations of one fork, or of the least disturbed ones."""
    more = entry["secondaryMetrics"]
    times = entry["primaryMetric"]["rawData"][0]
    lost = [
        gone / wall
        for gone, wall in zip(more["lostNanos"]["rawData"][0], more["wallNanos"]["rawData"][0])
    ]
    iterations = sorted(zip(lost, times))
    quiet = [time for share, time in iterations if share <= QUIET]
    taken = quiet if len(quiet) >= ENOUGH else [time for _, time in iterations[:ENOUGH]]
    return {
        "ns": statistics.median(taken),
        "bytes": statistics.median(more["gc.alloc.rate.norm"]["rawData"][0]),
        "quiet": len(quiet),
        "iterations": [{"ns": time, "lost": round(share, 4)} for share, time in zip(lost, times)],
    }
