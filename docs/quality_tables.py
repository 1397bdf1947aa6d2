"""Tables of quality in `benchmarks/README.md`, from the results of its scripts."""

import statistics
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

from measured import best_in_bold, block, results, table


def next_item_rows(file: str) -> str:
    """Returns quality on validation and test of models of histories and others."""
    rows = []
    for model, seeds in results(file)["rows"].items():
        for part, name in {"test": "", "test, not learned": ", last but one"}.items():
            runs = [run for run in seeds.values() if part in run]
            both = [_quality(runs, "validation") if part == "test" else ""]
            if runs:
                both.append(_quality(runs, part))
                times = [f"{run['seconds']:.0f}" for run in runs if part == "test"]
                rows.append([f"{model}{name}", *both, " ".join(times)])
    head = ["", "validation: R@10, NDCG@10", "test: R@10, NDCG@10", "fit, s"]
    return block(table(head, rows))


def tried_on_validation(file: str) -> str:
    """Returns validation of models of histories with some values, and seconds."""
    rows = [
        [model, _quality(list(seeds.values()), "validation"), f"{run['seconds']:.0f}"]
        for model, seeds in results(file)["validation"].items()
        for run in seeds.values()
    ]
    return block(table(["", "validation: R@10, NDCG@10", "fit, s"], rows))


def _quality(runs: list[Any], part: str) -> str:
    """Returns the means of two metrics, and their deviations if there are seeds."""
    runs = [run[part] for run in runs if part in run]
    if not runs:
        return ""
    columns = [[run[name] for run in runs] for name in ("recall@10", "ndcg@10")]
    text = ", ".join(f"{statistics.fmean(column):.4f}" for column in columns)
    if len(runs) == 1:
        return text
    return f"{text} (± {', '.join(f'{statistics.stdev(x):.4f}' for x in columns)})"


def small_steps() -> str:
    """Returns NDCG@20 by size of batch and learning rate."""
    found: dict[str, dict[float, float]] = defaultdict(dict)
    for row in results("defaults-small-steps"):
        if (row["dim"], row["negatives"]) == (256, "in-batch"):
            name = f"{row['data']}, {row['epochs']} epochs, batches of {row['batch']:,}"
            # The first is at the temperature of the rule.
            found[name].setdefault(row["rate"], row["ndcg"])
    rates = sorted({rate for row in found.values() for rate in row}, reverse=True)
    rows = [
        [name, *(f"{row[rate]:.4f}" if rate in row else "" for rate in rates)]
        for name, row in found.items()
        if len(row) > 1
    ]
    return block(table(["", *map(str, rates)], rows))


def searched_settings() -> str:
    """Returns the best and the worst trial of each family, and the best settings."""
    rows = []
    for family, trials in results("tune-ml-100k").items():
        ndcg = [trial["ndcg@10"] for trial in trials]
        best = trials[ndcg.index(max(ndcg))]
        settings = [f"{k} {v}" for k, v in best.items() if "@" not in k]
        rows.append([family, f"{max(ndcg)}", f"{min(ndcg)}", ", ".join(settings)])
    head = ["family", "best NDCG@10", "worst", "settings of the best"]
    return block(table(head, rows))


def published_rows() -> str:
    """Returns our figures and published ones, by row and metric."""
    rows = []
    for name, row in results("published")["rows"].items():
        for metric, mean in row["mean"].items():
            seeds = [one[metric] for one in row["test"]]
            deviation = f"{statistics.stdev(seeds):.4f}" if len(seeds) > 1 else "-"
            known = row["published"].get(metric)
            beside = ["-", "-"]
            if known is not None:
                beside = [f"{known:.4f}", f"{100 * (mean / known - 1):+.1f}%"]
            times = f"{statistics.median(row['seconds']):.1f}"
            ours = [f"{mean:.4f}", deviation]
            rows.append([name, metric, *ours, *beside, times, row["chosen"]])
    head = ["row", "metric", "ours", "sd", "published", "difference", "s", "chosen"]
    return block(table(head, rows))


def collie_epochs() -> str:
    """Returns seconds of an epoch of Collie's models."""
    found = results("collie-epochs")["seconds_per_pass"].items()
    rows = [[name, f"{value:.4f}", f"{2.3 / value:.0f}"] for name, value in found]
    return block(table(["", "s per epoch", "times faster than 2.3 s"], rows))


def partial_credit() -> str:
    """Returns quality and likeness with and without credit for genres."""
    rows = []
    for objective, found in results("partial-credit")["found"].items():
        for weight, runs in found["test"].items():
            ndcg = [run["ndcg@10"] for run in runs]
            likeness = statistics.fmean(run["likeness"] for run in runs)
            rows.append(
                [
                    *(objective, weight),
                    f"{found['validation'][weight]['ndcg@10']:.4f}",
                    f"{statistics.fmean(ndcg):.4f}",
                    *(f"{statistics.stdev(ndcg):.4f}", f"{likeness:.4f}"),
                ]
            )
    head = ["", "weight", "validation", "test NDCG@10", "sd", "likeness"]
    return block(table(head, rows))


def cold_items() -> str:
    """Returns quality for films with and without interactions in training."""
    names = ["ndcg@10 warm", "recall@10 cold", "recall@10 cold, random"]
    rows = []
    for model, found in results("cold-items")["found"].items():
        values = [[run.get(name) for run in found["test"]] for name in names]
        means = ["-" if None in x else f"{statistics.fmean(x):.4f}" for x in values]
        rows.append([model, *means, found["chosen"]])
    return block(table(["model", *names, "chosen"], rows))


def popularity_curse() -> str:
    """Returns metrics of popularity with one and two optimizers."""
    digits = {"precision@10": 4, "ndcg@10": 4, "head_share@10": 4}
    digits |= {"coverage@10": 4, "popularity@10": 1, "epochs": 0}
    rows = [
        [row["way"], f"{row['share']}", *(f"{row[n]:.{d}f}" for n, d in digits.items())]
        + ["-" if rate is None else f"{rate}" for rate in row["rates"]]
        for row in results("popularity-curse")["rows"]
    ]
    return block(table(["optimizers", "share", *digits, "Adam", "SGD"], rows))


def folded_in() -> str:
    """Returns the quality for users that are folded in and that were trained on."""
    rows = []
    for model, runs in results("fold-in").items():
        if model == "machine":
            continue
        names = ("trained on", "folded in", "popularity")
        means = [statistics.fmean(run[name] for run in runs) for name in names]
        share = f"{means[1]:.4f} ({100 * means[1] / means[0]:.0f}%)"
        rows.append(
            [model, f"{means[0]:.4f}", share, f"{means[2]:.4f}", f"{len(runs)}"]
        )
    head = ["model", "trained on them", "folded in", "popularity", "seeds"]
    return block(table(head, rows))


def stream_rows() -> str:
    """Returns all metrics and both times of each learner of streams."""
    names = ["recall@10", "dcg@10", "mrr", "known/recall@10", "new/recall@10"]
    rows = results("stream-ml-1m")["results"]
    columns = [best_in_bold([row["metrics"][name] for row in rows]) for name in names]
    written = [
        [
            row["model"],
            *texts,
            f"{row['events_per_second']:,.0f}",
            f"{row['fit_seconds']:.2f}",
        ]
        for row, *texts in zip(rows, *columns, strict=True)
    ]
    return block(table(["model", *names, "events/s", "fit, s"], written))


def stream_blocks() -> str:
    """Returns recall and speed of learners, event by event and in blocks."""
    found: dict[str, list[Any]] = defaultdict(list)
    for row in results("stream-blocks")["rows"]:
        found[row["model"]].append(row)
    rows = [
        [model, *(f"{row['recall@10']:.4f}" for row in pair)]
        + [f"{row['events_per_second']:,.0f}" for row in pair]
        for model, pair in found.items()
    ]
    head = ["model", "R@10, one at a time", "in blocks", "events/s", "in blocks"]
    return block(table(head, rows))


def tuned(data: str, k: int) -> str:
    """Returns what ten minutes of search change, from the default to the best."""
    found = results(f"tune-{data}")
    rows = {row["model"]: row for row in found["results"]}
    written = []
    for search in found["tuning"]:
        pair = [rows[search["name"]], rows[f"tuned-{search['name']}"]]
        pruned = sum(trial["status"] == "pruned" for trial in search["trials"])
        ndcg, recall = (
            [row["metrics"][f"{name}@{k}"] for row in pair]
            for name in ("ndcg", "recall")
        )
        tried = [row["validation"][f"val_ndcg@{k}"] for row in pair]
        columns = [f"{a:.4f} to {b:.4f}" for a, b in (tried, ndcg, recall)]
        trials = f"{len(search['trials'])} ({pruned})"
        times = " to ".join(f"{row['fit_seconds']:.0f}" for row in pair)
        written.append([search["name"], trials, *columns, times])
    head = ["", "trials (pruned)", f"validation NDCG@{k}", f"test NDCG@{k}"]
    return block(table([*head, f"recall@{k}", "training, s"], written))


def optimizers(task: str) -> str:
    """Returns the quality of each optimizer, relative to Adam's."""
    found = results(f"optimizer-quality-{task}")
    found = found.get(task) or found["found"]
    rows = [
        [
            name,
            f"{row['learning_rate']}",
            f"{max(row['trials'].values()):.4f}",
            f"{row['mean']:.4f}",
            f"{100 * row['mean'] / found['Adam']['mean']:.1f}%",
            f"{statistics.median(row['seconds']):.1f}",
        ]
        for name, row in found.items()
    ]
    head = [task, "rate", "validation", "test NDCG@10", "of Adam's", "s"]
    return block(table(head, rows))


QUALITY: dict[str, Callable[[], str]] = {
    "next-item-rows": partial(next_item_rows, "histories-beauty"),
    "next-item-rows-timed": partial(next_item_rows, "histories-ml-1m-timed"),
    "next-item-tried": partial(tried_on_validation, "histories-beauty"),
    "next-item-tried-timed": partial(tried_on_validation, "histories-ml-1m-timed"),
    "small-steps": small_steps,
    "searched-settings": searched_settings,
    "published-rows": published_rows,
    "collie-epochs": collie_epochs,
    "partial-credit": partial_credit,
    "cold-items": cold_items,
    "popularity-curse": popularity_curse,
    "folded-in": folded_in,
    "stream-rows": stream_rows,
    "stream-blocks": stream_blocks,
    "tuned-latest-small": partial(tuned, "latest-small", 10),
    "tuned-yelp2018": partial(tuned, "yelp2018", 20),
    "optimizers-ml-100k": partial(optimizers, "ml-100k"),
    "optimizers-ncf-ml-1m": partial(optimizers, "ncf-ml-1m"),
}
