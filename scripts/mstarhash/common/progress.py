"""A line now and then that says how far a long step has come."""

import sys
import time


class Progress:
    """Count things done; print to stderr at most every `every` seconds, and once at the end."""

    def __init__(self, what, total, every=5.0):
        self.what, self.total, self.every = what, total, every
        self.done, self.start = 0, time.monotonic()
        self.last = self.start

    def step(self, count=1):
        self.done += count
        now = time.monotonic()
        if now - self.last >= self.every or self.done >= self.total:
            self.last = now
            rate = self.done / max(now - self.start, 1e-9)
            print(f"{self.what}: {self.done:,} of {self.total:,}, {rate:,.0f}/s", file=sys.stderr, flush=True)


def say(text):
    """A plain remark in the log."""
    print(text, file=sys.stderr, flush=True)
