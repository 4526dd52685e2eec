"""Time processes from start to exit, and compare their times with targets."""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of wall time, and CPU seconds of all processes."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Target:
    """A ratio of two contestants' times, and the wanted value of it: at least ``least``, or at most ``most``.

    Without either, the ratio is printed for comparison.
    """

    above: str
    below: str
    least: float = 0.0
    most: float = float("inf")
    in_cpu: bool = False

    def text(self, timings: Mapping[str, Sequence[Timing]]) -> str:
        """Return the ratios of the medians, of wall and of CPU time, beside the target."""
        above, below = (median(timings[name]) for name in (self.above, self.below))
        wall, cpu = above.wall / below.wall, above.cpu / below.cpu
        ratios = f"{f'{self.above} / {self.below}':62} {wall:6.2f} {cpu:6.2f}   "
        if not self.least and self.most == float("inf"):
            return f"{ratios}for comparison"
        wanted = f"at least {self.least}" if self.least else f"at most {self.most}"
        met = "met" if self.least <= (cpu if self.in_cpu else wall) <= self.most else "missed"
        kind = "CPU time" if self.in_cpu else "wall time"
        return f"{ratios}{wanted} in {kind}: {met}"


def median(rounds: Sequence[Timing]) -> Timing:
    """Return the medians of wall and of CPU time."""
    return Timing(*(statistics.median(getattr(one, name) for one in rounds) for name in ("wall", "cpu")))


def empty_out(folder: Path) -> None:
    """Make ``folder / out`` an empty folder."""
    shutil.rmtree(folder / "out", ignore_errors=True)
    (folder / "out").mkdir()


def timed(folder: Path, command: Sequence[str], statuses: Sequence[int] = (0,)) -> Timing:
    """Run a command that writes below ``folder / out``; stop if its exit status is another."""
    environment = {
        **os.environ,
        "HF_HOME": str(folder / "out" / "cache"),
        "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
    }
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, cwd=HERE, env=environment, capture_output=True, text=True, check=False)
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in statuses:
        sys.exit(done.stderr)
    return Timing(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
