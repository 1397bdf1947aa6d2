"""Detects forks of a process that has run a model, in which TensorFlow would hang."""

import os

_first: list[int] = []
"""The process that ran a model first: of this one, or of a parent that was forked."""


def check_not_forked() -> None:
    """Raises RuntimeError in a fork of a process that called this function before.

    A fork has none of the threads of its parent, on which TensorFlow and JAX wait.
    """
    if not _first:
        _first.append(os.getpid())
    if _first[0] != os.getpid():
        raise RuntimeError(
            "Models must run in processes that are no forks of one that has run a "
            "model, whose threads they lack: they would wait for ever. Start processes "
            'by multiprocessing.get_context("spawn"), or fork before a model is built.'
        )
