"""Runs the command line of `tfrecs.bench`."""

import logging
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow's start-up notes
if sys.argv[1:2] == ["stream"]:
    # One event's products are so small that a second thread is only waited for.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
if sys.stderr.isatty():  # progress of downloads
    logger = logging.getLogger("tfrecs.data")
    logger.addHandler(logging.StreamHandler())
    logger.setLevel(logging.INFO)

from tfrecs.bench.cli import main

sys.exit(main(sys.argv[1:]))
