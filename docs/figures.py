"""Writes the figures of README and pages from results: `python docs/figures.py`.

A figure stands between `<!-- figure NAME -->` and `<!-- end -->`, in a line or around a
table; `FIGURES` has the function that writes it from `benchmarks/results/*.json`.
"""

import re
import statistics
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from measured import ROOT, best_in_bold, block, results, table
from quality_tables import QUALITY
from speed_tables import SPEED

SPAN = re.compile(r"(<!-- figure (\S+) -->).*?(<!-- end -->)", re.DOTALL)


class Bench(NamedTuple):
    """A run of the bench on one data set: its file, title and main cut-off."""

    file: str
    title: str
    k: int


BENCHES = [
    Bench("bench-ml-100k", "MovieLens 100K", 10),
    Bench("bench-ultragcn-ml-1m", "MovieLens 1M", 20),
    Bench("bench-yelp2018", "Yelp 2018", 20),
    Bench("bench-beauty", "Amazon Beauty", 10),
]
SHOWN = [
    *("popularity", "item-knn", "lightfm", "lightfm-tuned", "implicit-als", "tfrs"),
    *("slim", "ease", "mf", "neumf", "hybrid", "cosine", "sasrec"),
]
"""Rows of the README's table; the page of benchmarks has all of them."""
NUMBERS = ("fit_seconds", "epochs", "parameters")


def measured(bench: Bench) -> dict[str, dict[str, float]]:
    """Returns each model's metrics, `NUMBERS` and `stopped`: means over the seeds.

    `stopped` is the share of the seeds that the bench's limit of time stopped early.
    Models without a result are left out.
    """
    rows: dict[str, list[dict[str, float]]] = defaultdict(list)
    for row in results(bench.file)["results"]:
        if row["status"] == "ok":
            numbers = {name: row[name] for name in NUMBERS}
            stopped = {"stopped": float(bool(row["stopped_early"]))}
            rows[row["model"]].append({**row["metrics"], **numbers, **stopped})
    return {
        model: {name: statistics.fmean(one[name] for one in found) for name in found[0]}
        for model, found in rows.items()
    }


def fit_seconds(row: dict[str, float]) -> str:
    """Returns a model's seconds of training, with a mark if it was stopped early."""
    value = row["fit_seconds"]
    text = f"{value:.1f}" if value < 9.95 else f"{value:.0f}"
    return f"{text}{'†' if row['stopped'] else ''}"


def quality() -> str:
    """Returns NDCG and seconds of training on each data set, for `SHOWN`."""
    columns = []
    for bench in BENCHES:
        found = measured(bench)
        ndcg = [found.get(name, {}).get(f"ndcg@{bench.k}") for name in SHOWN]
        columns.append(
            [
                f"{text} ({fit_seconds(found[name])} s)" if name in found else text
                for name, text in zip(SHOWN, best_in_bold(ndcg), strict=True)
            ]
        )
    head = ["", *(f"{bench.title}, NDCG@{bench.k}" for bench in BENCHES)]
    rows = [
        [f"`{name}`", *(column[number] for column in columns)]
        for number, name in enumerate(SHOWN)
    ]
    return block(table(head, rows))


def bench_table(bench: Bench) -> str:
    """Returns every model's metrics at the bench's cut-off, and its seconds."""
    names = [f"{name}@{bench.k}" for name in ("precision", "recall", "ndcg")]
    found = measured(bench)
    columns = [best_in_bold([row[name] for row in found.values()]) for name in names]
    rows = [
        [
            f"`{model}`",
            *(column[number] for column in columns),
            fit_seconds(row),
            f"{row['epochs']:.0f}",
            f"{row['parameters']:,.0f}",
        ]
        for number, (model, row) in enumerate(found.items())
    ]
    return block(table(["", *names, "fit, s", "epochs", "parameters"], rows))


def bench_facts(bench: Bench) -> str:
    """Returns the data, protocol and machine of a run of the bench."""
    run = results(bench.file)
    data, protocol = run["dataset"], run["protocol"]
    seeds = len({row["seed"] for row in run["results"]})
    floor = protocol["min_rating"]
    return (
        f"{data['num_train']:,} training and {data['num_test']:,} test interactions, "
        f"{data['num_users']:,} users, {data['num_items']:,} items; "
        f"{re.sub(r'[.]txt.*', ' file', protocol['split'])}"
        f"{'' if floor is None else f', rating >= {floor:.0f}'}; "
        f"{seeds} seed{'s' * (seeds > 1)}; {machine_of(bench.file)}."
    )


def machine_of(file: str) -> str:
    """Returns the machine and the versions of a run."""
    run = results(file)
    found = run.get("machine") or run["environment"]
    processor = found.get("processor") or f"{found['machine']} processor"
    versions = [f"Python {found['python']}"]
    for key, name in {"tensorflow": "TensorFlow", "keras": "Keras"}.items():
        versions.append(f"{name} {found['packages'][key]}")
    return f"{found['cpus']} cores of an {processor}, {', '.join(versions)}"


def minutes() -> str:
    """Returns the minutes that the rows of the default bench take together."""
    kinds = ("selection_seconds", "fit_seconds", "evaluate_seconds")
    rows = results("bench-ml-100k")["results"]
    return f"{sum(row[kind] for row in rows for kind in kinds) / 60:.0f} minutes"


def stream_table() -> str:
    """Returns recall and speed of each learner of streams."""
    rows = results("stream-ml-1m")["results"]
    recall = best_in_bold([row["metrics"]["recall@10"] for row in rows], 3)
    return block(
        table(
            ["", "recall@10", "events/s"],
            [
                [f"`{row['model']}`", text, f"{row['events_per_second']:,.0f}"]
                for row, text in zip(rows, recall, strict=True)
            ],
        )
    )


def stream_events() -> str:
    """Returns the number of events of the run on a stream."""
    return f"{results('stream-ml-1m')['dataset']['num_stream']:,} events"


def stream_later() -> str:
    """Returns the speed of item-item in the run of the history learner."""
    [row] = results("stream-ml-1m")["later_run"]["results"]
    return f"{row['events_per_second']:,.0f} events a second"


def next_items() -> dict[str, dict[str, float]]:
    """Returns metrics and seconds of each row for the next item: means of its seeds."""
    found = {}
    for model, seeds in results("histories-beauty")["rows"].items():
        rows = [{**row["test"], "seconds": row["seconds"]} for row in seeds.values()]
        found[model] = {key: statistics.fmean(r[key] for r in rows) for key in rows[0]}
    return found


def next_item_table() -> str:
    """Returns the quality of each row for the next item, and its seconds."""
    found = next_items()
    names = ["recall@10", "ndcg@10"]
    columns = [best_in_bold([row[name] for row in found.values()]) for name in names]
    rows = [
        [f"`{model}`", *texts, f"{row['seconds']:.0f}"]
        for (model, row), *texts in zip(found.items(), *columns, strict=True)
    ]
    return block(table(["", *names, "fit, s"], rows))


def unseen_users() -> str:
    """Returns SASRec's quality for users without a part in its training."""
    [row] = results("histories-beauty")["unseen"]["sasrec"].values()
    unseen, others = (
        f"{row[part]['recall@10']:.4f}, {row[part]['ndcg@10']:.4f}"
        for part in ("unseen", "others")
    )
    return (
        f"{row['users']['unseen']:,} users left out of training have {unseen}, and the "
        f"other {row['users']['others']:,} {others}"
    )


def history_speed() -> str:
    """Returns positions a second of SASRec, ours and a plain one, and their memory."""
    ours, plain = (
        results("histories-beauty")["speed"][w] for w in ("tfrecs", "plain Keras")
    )
    rates = [f"{row['positions_per_second']:,.0f}" for row in (ours, plain)]
    return (
        f"{rates[0]} positions a second, and a plain SASRec in Keras {rates[1]}; the "
        f"peak of memory is {ours['peak_mib']:.0f} and {plain['peak_mib']:.0f} MiB"
    )


def step_table() -> str:
    """Returns milliseconds of a training step as the tables grow."""
    found = results("step-time")["milliseconds_median"]
    sizes = list(next(iter(found.values())))
    rows = [
        [name, *(f"{row[size]:.1f}" if size in row else "-" for size in sizes)]
        for name, row in found.items()
    ]
    return block(table(["", *(f"{int(size):,} rows" for size in sizes)], rows))


def throughput_table() -> str:
    """Returns thousands of positives per second, by model and kind of negatives."""
    kinds = ["all", "own", "mixed"]
    models: dict[str, dict[str, str]] = defaultdict(dict)
    for name, row in results("throughput")["found"].items():
        model, _, kind = name.partition(", ")  # libraries have no kind
        models[model][kind] = f"{row['positives_per_second'] / 1000:,.0f}"
    rows = [
        [f"`{model}`", *(found[kind] for kind in kinds)]
        for model, found in models.items()
        if set(kinds) <= set(found)
    ]
    return block(table(["thousand positives/s", *kinds], rows))


def shards() -> str:
    """Returns seconds and memory of training from shards on disk."""
    found = results("out-of-core")["found"]
    parts = {"prepare": "prepared", "stream an epoch": "an epoch streamed"}
    texts = [
        f"{text} in {found[name]['seconds']:.0f} s with "
        f"{found[name]['peak_mib'] / 1024:.1f} GiB of resident memory"
        for name, text in parts.items()
    ]
    trained = f"trained with {found['train']['peak_mib'] / 1024:.1f} GiB"
    number = found["prepare"]["interactions"] // 1_000_000
    return f"{number} million interactions: {', '.join([*texts, trained])}"


def devices() -> str:
    """Returns the largest difference of any way to several devices from one."""
    cases = results("devices")["cases"].values()
    worst = max(case["difference"] for case in cases if case["status"] == "ok")
    return f"{worst:.1g}"


def index() -> str:
    """Returns how much faster the index is than the exact way, and its recall."""
    ways = results("index-100k")["ways"]
    [exact] = ways["exact, 1"]["rows"]
    [row] = [row for row in ways["usearch, 1"]["rows"] if row["expansion"] == 64]
    alone, together = (exact[name] / row[name] for name in ("alone", "together"))
    return (
        f"{alone:.0f} times faster than the exact way for one user and {together:.0f} "
        f"times for a thousand, with a recall of {row['recall']:.2f}"
    )


def large_table() -> str:
    """Returns the memory of a table, whole in a process and split over two."""
    found = results("large-table")
    peaks = [
        max(process["resident_mib"][1] for process in case["processes"]) / 1024
        for case in found["cases"].values()
    ]
    return (
        f"take {found['table_mib'] / 1024:.1f} GiB leave a process that holds them "
        f"whole at a peak of {peaks[0]:.1f} GiB, and each of two processes that split "
        f"them at {peaks[1]:.1f} GiB"
    )


def dislikes(metric: str, digits: int) -> str:
    """Returns a metric with and without dislikes as negatives, means of seeds."""
    found = results("dislikes")["figures"]
    ways = [statistics.fmean(found[name][metric]) for name in ("lower ratings", "none")]
    return f"{ways[0]:.{digits}f} and {ways[1]:.{digits}f}"


def board_cost() -> str:
    """Returns the share of the time that TensorBoard's callback takes."""
    costs = [row["cost"] for row in results("tensorboard-cost")["found"].values()]
    return f"{100 * min(costs):.0f} to {100 * max(costs):.0f}%"


def environments() -> str:
    """Returns the versions that tests ran on, what ran, and the outcomes."""
    packages = {"tensorflow": "TensorFlow", "keras": "Keras", "numpy": "NumPy"}
    packages["pandas"] = "pandas"
    counts = ["passed", "failed", "skipped"]
    rows = []
    for name, row in results("environments")["rows"].items():
        runs = row["runs"].values()
        versions = [row["packages"].get(package, "-") for package in packages]
        found = [[run[count] for run in runs] for count in counts]
        totals = ["-" if None in column else f"{sum(column):,}" for column in found]
        date = max(run["date"] for run in runs)
        ran = ", ".join(f"`{path}`" for what in row["runs"] for path in what.split())
        rows.append([name, row["python"], *versions, *totals, date, ran])
    head = ["", "Python", *packages.values(), *counts, "date", "tests"]
    return block(table(head, rows))


FIGURES: dict[str, Callable[[], str]] = {
    "quality": quality,
    "minutes": minutes,
    **{bench.file: partial(bench_table, bench) for bench in BENCHES},
    "reranked": partial(bench_table, Bench("bench-reranked-ml-100k", "", 10)),
    **{f"{bench.file}-facts": partial(bench_facts, bench) for bench in BENCHES},
    "machine": partial(machine_of, "bench-ml-100k"),
    "step-machine": partial(machine_of, "step-time"),
    "throughput-machine": partial(machine_of, "throughput"),
    "throughput-table": throughput_table,
    "stream-machine": partial(machine_of, "stream-ml-1m"),
    "stream-events": stream_events,
    "stream-table": stream_table,
    "stream-later": stream_later,
    "next-item-table": next_item_table,
    "unseen-users": unseen_users,
    "history-speed": history_speed,
    "step-table": step_table,
    "shards": shards,
    "devices": devices,
    "large-table": large_table,
    "index": index,
    "dislikes-auc": partial(dislikes, "auc", 2),
    "dislikes-ndcg": partial(dislikes, "ndcg@10", 3),
    "board-cost": board_cost,
    "environments": environments,
    **QUALITY,
    **SPEED,
}


def pages() -> list[Path]:
    """Returns the pages that may have figures."""
    top = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "benchmarks/README.md"]
    return [*top, *sorted((ROOT / "docs").glob("*.md"))]


def written(text: str) -> str:
    """Returns a page's text with its figures written anew."""
    return SPAN.sub(lambda span: f"{span[1]}{FIGURES[span[2]]()}{span[3]}", text)


if __name__ == "__main__":
    for page in pages():
        before = page.read_text(encoding="utf-8")
        after = written(before)
        if after != before:
            page.write_text(after, encoding="utf-8")
            print(f"{page.name}: written")
