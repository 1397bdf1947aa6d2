"""Seconds of a pass over ML-100K's liked films, for each of Collie's models.

The data and settings are those of the `collie-` rows of `published.py`, whose first
candidate of each row is timed: a fit of 10 epochs, compiled before, by turns, medians.
Collie's MF (hinge, d=30, batches of 1,024) takes 2.3 s for a pass on two cores.
`python benchmarks/collie_epochs.py [--repeats 5] [--json FILE]`.
"""

from dataclasses import replace
from functools import partial

import keras
from _published_rows import COLLIE_ROWS, Unfrozen
from _report import finish, in_turns, medians, parser, print_table, seconds
from _tasks import TASKS
from _training import hybrid

from tfrecs.models.freezing import freeze
from tfrecs.training.fit import fit_batches

EPOCHS = 10
OF_COLLIE = 2.3


def main() -> None:
    options = parser(__doc__).parse_args()
    train, ways = TASKS["collie-ml-100k"]().train, {}
    for name, row in COLLIE_ROWS.items():
        setting = next(iter(row.candidates.values()))
        frozen = isinstance(setting, Unfrozen)
        if frozen:  # its MF is timed in its own row
            setting = replace(setting.mf, build=partial(hybrid, embedding_dim=10))
        keras.utils.set_random_seed(0)
        model = setting.build(train)
        if frozen:
            freeze(model)
        trained, data = replace(setting, epochs=EPOCHS).prepare(model, train, seed=0)
        ways[name] = partial(fit_batches, trained, data, 1)
    taken = in_turns(ways, options.repeats, seconds)
    found = {name: time / EPOCHS for name, time in medians(taken).items()}
    print_table(
        ["", "s per epoch", "of Collie's 2.3 s"],
        [
            (name, f"{time:.4f}", f"{OF_COLLIE / time:.0f} times faster")
            for name, time in found.items()
        ],
    )
    finish(options, {"seconds_per_pass": found, "seconds": taken})


if __name__ == "__main__":
    main()
