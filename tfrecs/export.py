"""`python -m tfrecs.export`: writes a bundle as a TensorFlow SavedModel."""

import os
import sys
from collections.abc import Sequence

from tfrecs._base.command_line import RAN, Parser, refuse


def main(arguments: Sequence[str]) -> int:
    """Exports a bundle, and returns the exit status."""
    parser = Parser(
        prog="python -m tfrecs.export",
        description="Writes a TensorFlow SavedModel that answers raw ids, where "
        "TensorFlow alone is installed.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--bundle",
        required=True,
        metavar="FOLDER",
        help="a bundle that Recommender.save or Reranked.save wrote",
    )
    parser.add_argument("--out", required=True, metavar="FOLDER", help="a new folder")
    parser.add_argument(
        "--overwrite", action="store_true", help="replace a SavedModel that is there"
    )
    try:
        options = parser.parse_args(arguments)
        from tfrecs.inference.second_stage.reranked import load_stages

        load_stages(options.bundle).export(options.out, overwrite=options.overwrite)
    except (ValueError, TypeError, OSError) as error:
        return refuse("tfrecs.export", error)
    print(f"{options.out}: a SavedModel of {options.bundle}")
    return RAN


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow's start-up notes
    sys.exit(main(sys.argv[1:]))
