"""The Python blocks of the README and of the pages, run as a reader would."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import tfrecs

ROOT = Path(__file__).parents[2]
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
        [sys.executable, "-c", "\n".join(code)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
