"""The plot of a stream run: how well each model does as it goes on."""

from collections.abc import Sequence
from pathlib import Path

from tfrecs._base.files import replaced_when_whole
from tfrecs.bench.stream.curves import curve, titled
from tfrecs.bench.stream.problem import StreamProblem
from tfrecs.bench.stream.result import StreamResult


def draw(folder: Path, problem: StreamProblem, results: Sequence[StreamResult]) -> Path:
    """Draws the moving average of recall for every model that ran; gives the file."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    metric = titled("recall", problem.k)
    figure, axes = pyplot.subplots(figsize=(9, 5))
    found = {r.model: r.found for r in results if r.found is not None}
    for place, (model, ranks) in enumerate(found.items()):
        numbers, averages = curve(ranks, "recall", problem.window, problem.k)
        style = "-" if place < 10 else "--"  # colours come round after ten
        axes.plot(numbers, averages, style, label=model, linewidth=1.2)
    axes.set(
        xlabel="events of the stream",
        ylabel=f"{metric}, mean over the latest {problem.window:,}",
        title=problem.name,
        ylim=(0, None),
    )
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1))  # beside the curves
    figure.tight_layout()
    path = folder / f"{metric}.png"
    with replaced_when_whole(path) as partial:
        figure.savefig(partial, dpi=120, format="png")
    pyplot.close(figure)
    return path
