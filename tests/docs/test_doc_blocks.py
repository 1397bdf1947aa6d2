"""The Python blocks of the README and of the pages, run as a reader would."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import tfrecs

ROOT = Path(__file__).parents[2]
MINUTE = 120.0
"""Seconds of processor time that two cores have in a minute."""

RUN = """
import json, sys, time
for n, code in enumerate(json.loads(sys.argv[1])):
    start = time.process_time()
    exec(compile(code, f"<block {n}>", "exec"), globals())
    print(f"block {n}: {time.process_time() - start:.1f} s", flush=True)
"""
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)


def blocks(page: Path) -> list[str]:
    """Returns the blocks that are complete: a file of a new model is not."""
    return [code for code in BLOCK.findall(page.read_text()) if code[0] != "#"]


PAGES = [page for page in sorted((ROOT / "docs").glob("*.md")) if blocks(page)]


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", [None, *PAGES], ids=lambda p: getattr(p, "stem", "readme")
)
def test_the_blocks_of_a_page_run_after_those_of_the_readme(page, tmp_path):
    try:
        tfrecs.load_dataset("ml-100k")
    except FileNotFoundError:
        pytest.skip("MovieLens 100K is not available")
    first, *others = blocks(ROOT / "README.md")
    code = [first, *(others if page is None else blocks(page))]
    done = subprocess.run(
        [sys.executable, "-c", RUN, json.dumps(code)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    print(done.stdout)  # the seconds of each block, with `pytest -s`
    assert done.returncode == 0, done.stderr[-2000:]
    seconds = re.findall(r"^block \d+: ([\d.]+) s$", done.stdout, re.MULTILINE)
    assert len(seconds) == len(code)
    assert max(map(float, seconds)) < MINUTE, done.stdout
