"""
Sends many alerts through one client and prints its memory as it goes; the child process of footprint.py.

Rules of this file: run as a script with a base URL and a number of sends. A tenth of them more come before, to warm up.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from details import grown, stack_trace

from alertkit.pagerduty import PagerDutyClient, TriggerEvent

_PAGE = os.sysconf("SC_PAGE_SIZE")


def _rss() -> float:
    return round(int(Path("/proc/self/statm").read_text("ascii").split()[1]) * _PAGE / 2**20, 2)


def _samples(base_url: str, sends: int) -> list[float]:
    details = grown(stack_trace, 2_000)
    samples = []
    with PagerDutyClient("0123456789abcdef0123456789abcdef", base_url=base_url) as client:
        for number in range(sends + sends // 10):
            if number and number % (sends // 10) == 0:
                samples.append(_rss())
            # Each has its own summary and no key of its own, so that nothing can be reused unnoticed.
            client.send_trigger(TriggerEvent(summary=f"Alert {number}", source="checkout", custom_details=details))
        samples.append(_rss())
    return samples


if __name__ == "__main__":
    print(json.dumps(_samples(sys.argv[1], int(sys.argv[2]))))
