"""Learns from a source, and goes on after any stop."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tfrecs._base.checks import check_choice, check_positive
from tfrecs.streaming.recommender import IncrementalRecommender
from tfrecs.streaming.sources.interrupts import Interrupts
from tfrecs.streaming.sources.parsing import FAULTS
from tfrecs.streaming.sources.position import Positioned, Source
from tfrecs.streaming.sources.progress import Counts, Progress


def learn_from(
    source: Source,
    recommender: IncrementalRecommender,
    *,
    checkpoint: str | Path | None = None,
    every: int = 10_000,
    on_malformed: str = "count",
    progress: Callable[[Counts], None] | None = None,
) -> Counts:
    r"""Learns each event of a source, in order, until it ends or Ctrl-C.

    What was learned and where the source was read to are in one file, which is written
    whole or not at all. So however a run ends, the next one with the same checkpoint
    misses no event and learns none twice, and ends as one that never stopped, to the
    bit, if the source gives its events in the same order again: lines do, and so does
    one partition of Kafka, but not several.

    Args:
        source: such as `FileSource("events.jsonl")`.
        recommender: as it was before the first event; it learns from all.
        checkpoint: the file. If it is there, the run goes on from it. It is written
            every so often, at the end, and at Ctrl-C; not after an error.
        every: lines or messages between two writings.
        on_malformed: whether to "count" those that are no events, or to end at the
            first with an "error".
        progress: called with the counts after each line or message. Ctrl-C waits
            for it.

    Returns:
        What came, over all runs of this checkpoint.

    Raises:
        ValueError: if an argument is out of range, the checkpoint is damaged or of
            other settings or another source, or the source is not as it was; and for a
            malformed line if asked.

    Example:
        >>> import io
        >>> from tfrecs.streaming import IncrementalRecommender, Popular
        >>> from tfrecs.streaming.sources import StandardInput, learn_from
        >>> lines = b'{"user": "ann", "item": "Heat"}\nHeat!\n'
        >>> source = StandardInput(stream=io.BufferedReader(io.BytesIO(lines)))
        >>> recommender = IncrementalRecommender(Popular())
        >>> counts = learn_from(source, recommender)
        >>> counts.events, counts.malformed
        (1, {'not JSON': 1})
    """
    check_positive(every=every)
    check_choice("on_malformed", on_malformed, ("count", "error"))
    state = Progress(recommender, source.name)
    if checkpoint is not None and Path(checkpoint).exists():
        state.read(checkpoint)
    with Interrupts() as interrupts:
        try:
            with closing(source.events([*state.positions.values()])) as events:
                for number, found in enumerate(events, 1):
                    interrupts.hold()
                    if on_malformed == "error":
                        _check(found, source)
                    state.take(found)
                    if checkpoint is not None and number % every == 0:
                        state.write(checkpoint)
                    if progress is not None:
                        progress(state.counts)
                    interrupts.release()
            interrupts.hold()
        except KeyboardInterrupt:
            state.counts.is_stopped = True
        if checkpoint is not None:
            state.write(checkpoint)
    return state.counts


def _check(found: Positioned, source: Source) -> None:
    if found.fault in FAULTS:
        raise ValueError(
            f"{source.title}, {found.position.told()}: {FAULTS[found.fault]} Received: "
            f"one that is {found.fault!r}. Mend it, or count such: "
            "on_malformed='count'."
        )
