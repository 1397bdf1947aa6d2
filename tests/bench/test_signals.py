"""Runs that are asked to end, by Ctrl-C or by the system."""

import json
import os
import signal
import subprocess
import sys
import time

from tfrecs.bench.stream.folder import CHECKPOINT, RUN, open_folder
from tfrecs.bench.stream.problem import load_stream


def started(tmp_path, *options):
    command = [sys.executable, "-m", "tfrecs.bench", *options, "--logdir", "logs"]
    return subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def test_a_run_that_is_asked_to_end_has_its_report(tmp_path):
    run = started(
        tmp_path,
        "--dataset",
        "synthetic",
        "--models",
        "popularity,mf",
        "--epochs",
        "5000",
    )
    for line in run.stderr:
        if "mf: training" in line:
            break
    run.send_signal(signal.SIGTERM)
    out, err = run.communicate()
    assert run.returncode == 130, err
    assert "Traceback" not in err
    assert "the rest was not run; --resume logs" in err
    assert "report.html" in out
    [found] = tmp_path.glob("logs/*/results.json")
    assert [row["model"] for row in json.loads(found.read_text())["results"]] == [
        "popularity"
    ]


def test_an_interrupt_while_modules_are_imported_is_one_line(tmp_path):
    program = """if True:
        import builtins, runpy, sys
        real = builtins.__import__

        def interrupted(name, *rest, **named):
            if name == "tfrecs.bench.cli":
                raise KeyboardInterrupt
            return real(name, *rest, **named)

        builtins.__import__ = interrupted
        sys.argv = ["tfrecs.bench"]
        runpy.run_module("tfrecs.bench", run_name="__main__")
    """
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True
    )
    assert run.returncode == 130
    assert run.stderr == "tfrecs.bench: interrupted; nothing was run\n"


def test_resume_prefers_an_unfinished_run_to_a_later_one(tmp_path):
    problem = load_stream("synthetic")
    finished, other = (open_folder(tmp_path, problem, False) for _ in range(2))
    (other / "ridge").mkdir()
    (other / "ridge" / CHECKPOINT).write_bytes(b"")
    later = time.time() + 60
    os.utime(finished / RUN, (later, later))
    assert open_folder(tmp_path, problem, True) == other
    (other / "ridge" / CHECKPOINT).unlink()
    assert open_folder(tmp_path, problem, True) == finished
