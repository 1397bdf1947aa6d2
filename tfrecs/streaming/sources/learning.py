"""Learns from a source, and resumes after any stop."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tfrecs._base.checks import check_choice, check_positive
from tfrecs.streaming.recommender import IncrementalRecommender
from tfrecs.streaming.sources.interrupts import held_interrupts
from tfrecs.streaming.sources.parsing import FAULTS
from tfrecs.streaming.sources.position import Source
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

    The checkpoint holds the recommender and its position in the source, and is written
    atomically. However a run ends, the next one with the same checkpoint misses no
    event and learns none twice. The result is exactly that of an uninterrupted run if
    the order of events is the same: for lines and for one partition of Kafka, but not
    for several.

    Args:
        source: such as `FileSource("events.jsonl")`.
        recommender: recommender before the first event.
        checkpoint: the file. If it exists, the run resumes from it. It is written
            regularly, at the end, and at Ctrl-C; not after an error.
        every: lines or messages between two checkpoints.
        on_malformed: "count" to count malformed lines and messages, or "error" to raise
            at the first.
        progress: called with the counts after each line or message. Ctrl-C waits
            for it.

    Returns:
        The counts over all runs of this checkpoint.

    Raises:
        ValueError: if an argument is out of range, the checkpoint is damaged or of
            other settings or another source, the source changed, or a line is malformed
            and `on_malformed` is "error".

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
    with held_interrupts() as interrupts:
        try:
            with closing(source.events([*state.positions.values()])) as events:
                for number, found in enumerate(events, 1):
                    interrupts.hold()
                    if on_malformed == "error" and found.fault in FAULTS:
                        raise ValueError(
                            f"{source.title}, {found.position.title()}: "
                            f"{FAULTS[found.fault]} Received: one that is "
                            f"{found.fault!r}. Correct it, or pass "
                            "on_malformed='count'."
                        )
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
