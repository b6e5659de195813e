"""What a page with `console` blocks says one types, and what it says one gets."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_TOOK = re.compile(r"\bin \d+\.\d s\b")


def steps(page: str) -> Iterator[tuple[str, str]]:
    """(command, output) of every line that begins with `$ ` in a block of kind `console`."""
    for block in re.findall(r"^```console\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = step.partition("\n")
            yield command, output


def typed(command: str, folder: Path) -> str:
    """What one gets who types `command` in `folder`: both streams, without bars of progress."""
    tools = Path(sys.executable).parent
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        env={
            **os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "COLUMNS": "100", "LC_ALL": "C.UTF-8",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    kept = [_TOOK.sub("in 0.2 s", line.rstrip()) for line in lines if "━━━━ " not in line]
    return "".join(f"{line}\n" for line in kept)
