"""
What alertkit costs an app before and between alerts: the import, the memory, and that it stays the same.

Rules of this file: every figure comes from a process of its own. Bytecode is cached for all of them in one folder of
ours, whatever the environment says, or a library that is not installed but edited would be compiled at every import.
Peak memory is Linux's VmHWM, since the figure of `resource` starts at what the parent used.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial

from measure import Samples, Target, Variant, duration, interleaved, table
from server import running

__all__ = ["run"]

_BARE = "pass"
_REQUESTS = "import requests"
_ALERTKIT = "import alertkit.pagerduty"
_STATEMENTS = (
    _BARE,
    _REQUESTS,
    _ALERTKIT,
    "import alertkit.pagerduty, alertkit.transports.requests",
    "import pagerduty",
    "import apprise",
)
_PROBE = """
import json, re, sys
with open("/proc/self/status") as status:
    peak = int(re.search(r"VmHWM:\\s*(\\d+)", status.read())[1]) / 1024
print(json.dumps({"peak": peak, "requests": "requests" in sys.modules}))
"""


def run(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder, "PYTHONDONTWRITEBYTECODE": ""}
        _imports(max(rounds, 15), environment)
        _memory_of_imports(environment)


def run_memory(sends: int) -> None:
    """Print how the memory of one client grows over many sends."""
    with running() as server:
        print(f"\n### footprint: memory while one client sends {sends:,} alerts of 2 KB\n")
        script = [sys.executable, __file__.replace("footprint.py", "steady.py"), server.http, str(sends)]
        start = time.perf_counter()
        answer = subprocess.run(script, check=True, capture_output=True, text=True)
        took = time.perf_counter() - start
    samples: list[float] = json.loads(answer.stdout)
    growth = samples[-1] - samples[0]
    print(f"RSS in MB, first after the warm-up of a tenth, then after each tenth: {samples}\n")
    verdict = "met" if growth < 1 else "MISSED"
    print(f"Growth after the warm-up {growth:.2f} MB, target < 1 MB: {verdict}; took {duration(took)}.")


def _python(code: str, environment: dict[str, str]) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout


def _imports(rounds: int, environment: dict[str, str]) -> None:
    samples = interleaved([Variant(code, partial(_python, code, environment)) for code in _STATEMENTS], rounds)
    bare = samples.pop(_BARE).wall
    beyond = {
        code: Samples([wall - base for wall, base in zip(taken.wall, bare, strict=True)], taken.cpu)
        for code, taken in samples.items()
    }
    table(
        f"footprint: import in a new process, beyond the {duration(statistics.median(bare))} of bare Python",
        beyond,
        [_REQUESTS],
        [Target(_ALERTKIT, _REQUESTS, 0.6)],
    )


def _memory_of_imports(environment: dict[str, str]) -> None:
    print("\n### footprint: peak memory of an import\n\n| statement | peak RSS | beyond bare | requests loaded |")
    print("| --- | --- | --- | --- |")
    bare = 0.0
    for code in _STATEMENTS:
        seen = [json.loads(_python(f"{code}\n{_PROBE}", environment)) for _ in range(3)]
        peak = statistics.median(probe["peak"] for probe in seen)
        bare = peak if code == _BARE else bare
        loaded = "yes" if seen[0]["requests"] else "no"
        if code == _ALERTKIT:
            loaded += ", target no: " + ("MISSED" if seen[0]["requests"] else "met")
        print(f"| {code} | {peak:.1f} MB | {peak - bare:.1f} MB | {loaded} |")
