"""
Draws what the quickstart prints, as the pictures of `docs/quickstart.md`.

    nox -s pictures

Rules of this file: what differs from run to run (ports, the ids of messages) is made the same, so that a picture
changes when the output does; a test holds the two together. A picture fetches nothing.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

__all__ = ["PICTURES", "parts"]

QUICKSTART = Path(__file__).parent.parent / "examples" / "quickstart.py"
PICTURES = Path(__file__).parent / "pictures"
_BEGINS = {"webhooks": "An endpoint that wants webhooks", "form": "A customer fills in"}
_WIDTH = 120


def parts(output: str) -> dict[str, str]:
    """Return what the quickstart printed, by the picture that shows it."""
    output = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:8080", output)
    output = re.sub(r"msg_\w+…", "msg_5f1d0c2e…", output)
    webhooks, form = (output.index(words) for words in _BEGINS.values())
    return {"pagerduty": output[:webhooks], "webhooks": output[webhooks:form], "form": output[form:]}


def _drawn(text: str) -> str:
    from rich.console import Console  # here, so that the test of the pictures needs none
    from rich.text import Text

    console = Console(record=True, width=_WIDTH, file=io.StringIO(), highlight=False)
    console.print(Text(text.strip("\n")))
    svg = console.export_svg(title="python examples/quickstart.py", unique_id="quickstart")
    return re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)  # which a browser would fetch


def main() -> None:
    """Run the quickstart, and draw each part."""
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, str(QUICKSTART)]
    ran = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=True)
    PICTURES.mkdir(exist_ok=True)
    for name, text in parts(ran.stdout).items():
        (PICTURES / f"quickstart-{name}.svg").write_text(_drawn(text), encoding="utf-8")


if __name__ == "__main__":
    main()
