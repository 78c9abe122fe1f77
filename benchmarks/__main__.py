"""
Runs the benchmarks: `python benchmarks [part ...] [--rounds N] [--quick]`.

Rules of this file: figures, not gates. It ends with 0 whatever was met, and speaks to this machine only.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from importlib.metadata import version

import cloudflare
import footprint
import guard
import logs
import prepare
import send
import stores
import tls
import webhooks

_TIMED = {
    "prepare": prepare.run,
    "send": send.run,
    "tls": tls.run,
    "guard": guard.run,
    "webhooks": webhooks.run,
    "stores": stores.run,
    "cloudflare": cloudflare.run,
    "logs": logs.run,
    "footprint": footprint.run,
}
_PARTS = (*_TIMED, "memory")
_QUICK_ROUNDS = 7
_MEASURED = ("requests", "urllib3", "pagerduty", "apprise", "requests-hardened", "standardwebhooks", "redis")
# A proxy would be measured instead of the clients; a CA bundle is for the part that sets its own.
_NOT_OURS = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "requests_ca_bundle", "curl_ca_bundle")


def main() -> None:
    options = _options()
    for name in [name for name in os.environ if name.lower() in _NOT_OURS]:
        del os.environ[name]
    rounds: int = options.rounds or (_QUICK_ROUNDS if options.quick else 21)
    start = time.monotonic()
    print(_circumstances(rounds))
    for part in options.parts or _PARTS:
        if part == "memory":
            _memory(10_000 if options.quick else 100_000)
        else:
            _TIMED[part](rounds)
    print(f"\nTook {time.monotonic() - start:.0f} s.")


def _memory(attempts: int) -> None:
    footprint.run_memory(attempts)
    webhooks.run_memory(attempts)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python benchmarks", description="Measure alertkit against its peers.")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"{', '.join(_PARTS)}; none: all")
    parser.add_argument("--rounds", type=int, help=f"how often each is measured (21, or {_QUICK_ROUNDS} if quick)")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and a tenth of the sends for memory")
    options = parser.parse_args()
    unknown = set(options.parts) - set(_PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    return options


def _circumstances(rounds: int) -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in _MEASURED)
    return (
        f"alertkit {version('alertkit')}; {platform.python_implementation()} {platform.python_version()}; {versions}; "
        f"{os.cpu_count()} CPUs; {len(os.environ)} environment variables; {rounds} rounds."
    )


if __name__ == "__main__":
    main()
