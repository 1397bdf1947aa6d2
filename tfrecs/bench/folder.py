"""The folder of a run, which holds all that it leaves.

ml-100k-20240131-120000/
    report.html         to look at
    results.json        every metric of every row, as --json has it
    bundles/mf/         a model that the app and `tfrecs.load` take
    mf/                 a folder for each row, and mf-seed1/ where there are seeds
        events.out.tfevents.*   settings and test metrics, for TensorBoard's HParams
        select/         how the number of epochs was chosen
        fit/            the training on all of train
"""

import os
from datetime import datetime
from pathlib import Path

REPORT, RESULTS, BUNDLES = "report.html", "results.json", "bundles"


def new_folder(logdir: str | Path, title: str) -> Path:
    """Makes a folder, named by a title and the time, that was not there before.

    Of a long title the start, since file systems have names of 255 bytes at most.
    """
    title = os.fsdecode(os.fsencode(title)[:200])
    now = datetime.now().strftime("%Y%m%d-%H%M%S")
    number = 0
    while True:
        folder = Path(logdir, f"{title}-{now}{f'-{number}' if number else ''}")
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            number += 1
