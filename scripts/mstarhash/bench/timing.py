"""Fair timings: ours and a peer in turn, in one process, best of a few; peak memory; what the machine can do."""

import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

LIMIT = 60.0  # seconds that a peer may take; beyond, it is timed on fewer
TRIAL = 3.0  # seconds of a first try
ROUND = 20.0  # seconds a round after which no other follows


@dataclass
class Case:
    """One thing timed. ours(): the work on n; peers: {name: function of k, the work on the first k of n}."""

    n: int
    ours: object
    peers: dict = field(default_factory=dict)
    floor: object = None  # function that returns the least time possible [s], or None
    whole: bool = False  # time does not grow in step with n: peers are timed on all of it
    children: bool = False  # the work is done by processes of its own, whose memory counts


def timed(work, *arguments):
    """Seconds that work(*arguments) takes."""
    start = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - start


def run(case, repeats):
    """A row of bench.csv as a dict, without `what`.

    The peak memory is that of the first run of ours, before a peer has done anything. Where there are several peers,
    each is tried on a small part, and the fastest is the one timed; the others' times are told beside its name.
    """
    forget_peak()
    ours = timed(case.ours)
    row = {"n": case.n, "rss_mb": round(peak_memory(case.children) / 1e6)}
    name, size, others = choose(case)
    peer = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        if name:
            peer = min(peer, timed(case.peers[name], size))
        ours = min(ours, timed(case.ours))
        if time.perf_counter() - start > ROUND:
            break
    row["ours_s"] = ours
    if name:
        seconds = peer * case.n / size
        told = "".join(f"; {other}: {value:.3g} s" for other, value in others.items())
        row |= {"peer": name + told, "peer_n": size, "peer_s": seconds, "ratio": seconds / ours}
    if case.floor is not None:
        row["floor_s"] = case.floor()
    return row


def choose(case, part=20):
    """(name of the fastest peer, size at which it is timed, {other peer: seconds, scaled from a part})."""
    if len(case.peers) == 1 and (case.whole or case.n <= part):
        return next(iter(case.peers)), case.n, {}
    seconds = {}
    for name, work in case.peers.items():
        size = max(1, case.n // part)
        if size > 1:
            once = max(1, size // part)
            each = timed(work, once) / once  # with what happens only once
            size = max(1, min(size, int(TRIAL / each)))
        seconds[name] = timed(work, size) * case.n / size
    if not seconds:
        return "", 0, {}
    best = min(seconds, key=seconds.get)
    size = case.n if seconds[best] <= LIMIT else max(1, int(case.n * LIMIT / 2 / seconds[best]))
    return best, size, {name: value for name, value in seconds.items() if name != best}


def forget_peak():
    """Let the kernel count the peak memory from now on, where it can (Linux)."""
    path = Path("/proc/self/clear_refs")
    if path.exists():
        path.write_text("5")


def peak_memory(children=False):
    """Peak resident memory [bytes] since `forget_peak`, or of the largest child; without Linux, of the whole process."""
    path = Path("/proc/self/status")
    if path.exists() and not children:
        line = next(line for line in path.read_text().splitlines() if line.startswith("VmHWM"))
        return 1024 * int(line.split()[1])
    import resource

    return 1024 * resource.getrusage(resource.RUSAGE_CHILDREN if children else resource.RUSAGE_SELF).ru_maxrss


def best_of(work, repeats=3):
    """Shortest time [s] of a few runs."""
    return min(timed(work) for _ in range(repeats))


def gemm_speed(size=1536):
    """Floating-point operations a second of a float32 matrix product with all threads that BLAS has."""
    a = np.ones((size, size), "f4")
    return 2 * size**3 / best_of(lambda: a @ a)


def memory_speed(size=1 << 26):
    """Bytes a second of a copy, read and written counted, by one thread."""
    source, target = np.ones(size, "u1"), np.empty(size, "u1")
    return 2 * size / best_of(lambda: np.copyto(target, source), 5)
