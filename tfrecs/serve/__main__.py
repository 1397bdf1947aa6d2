"""Runs the command line of `tfrecs.serve`."""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow's start-up notes

from tfrecs.serve.cli import main

sys.exit(main(sys.argv[1:]))
