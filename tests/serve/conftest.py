"""The log of the server as it is before the command line writes it to stderr."""

import logging

import pytest


@pytest.fixture(autouse=True)
def log_of_each_test():
    """Takes back what a server that runs in the tests' process does to its log."""
    logger = logging.getLogger("tfrecs.serve")
    handlers, level, propagate = [*logger.handlers], logger.level, logger.propagate
    yield
    logger.handlers, logger.propagate = handlers, propagate
    logger.setLevel(level)
