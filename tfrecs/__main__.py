"""`python -m tfrecs`: the version, the environment, and the commands."""

import sys

from tfrecs._base.command_line import RAN, UsageError, refuse
from tfrecs._base.environment import environment

COMMANDS = {
    "tfrecs.bench": "trains models and baselines on data, and measures them",
    "tfrecs.bench stream": "learns event by event, and measures each prediction",
    "tfrecs.app": "shows the recommendations of bundles in a browser",
    "tfrecs.export": "writes a bundle as a SavedModel that answers raw ids",
    "tfrecs.serve": "answers HTTP requests for recommendations from a bundle",
    "tfrecs.serve.monitoring": "writes what a server answered, by day, to TensorBoard",
}
"""What each command does."""


def main(arguments: list[str]) -> int:
    """Prints what there is; returns the exit status."""
    unknown = [x for x in arguments if x not in ("-h", "--help", "--version")]
    if unknown:
        known = ", ".join(f"python -m {name}" for name in COMMANDS)
        error = UsageError(f"the commands are {known}. Received: {' '.join(unknown)}")
        return refuse("tfrecs", error)
    about = environment()
    packages = about["packages"].items()
    width = max(map(len, COMMANDS))
    print(
        f"Python {about['python']}, {about['platform']}, {about['cpus']} processors",
        ", ".join(f"{name} {found or 'missing'}" for name, found in packages),
        "Commands, each with --help:",
        *(f"  python -m {name:{width}}  {what}" for name, what in COMMANDS.items()),
        sep="\n",
    )
    return RAN


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
