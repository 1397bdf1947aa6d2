"""Tables of time, memory and faults in `benchmarks/README.md`, from its results."""

from collections import Counter, defaultdict
from collections.abc import Callable
from functools import partial

from measured import block, results, table


def reading() -> str:
    """Returns seconds and memory of each way to read a file."""
    rows = []
    for size, found in results("read-speed")["found"].items():
        for way, peak in found["peak_mib"].items():
            times = [found["median_seconds"][of][way] for of in ("clock", "processor")]
            rows.append([f"{size}, {way}", *(f"{x:.2f}" for x in times), f"{peak:.0f}"])
    return block(table(["rows, way", "s clock", "s processor", "peak MiB"], rows))


def read_cases() -> str:
    """Returns how the cases of spoiled files ended."""
    found = results("fuzz-readers")
    [ends] = [row for row in found["outcomes"] if row["target"] == "all"]
    slowest = found["slowest_case_seconds"]
    return (
        f"{found['cases']:,} cases: {ends['unchanged']:,} as the untouched file, "
        f"{ends['read']:,} read and checked, {ends['refused']:,} refused, "
        f"{ends['failed']:,} failed; the slowest took {slowest:.2f} s"
    )


def time_to_quality(task: str, metric: str) -> str:
    """Returns quality and seconds of each whole training."""
    rows = [
        [
            f"{p['curve']}, {p['length']}",
            f"{p['quality']:.4f}",
            f"{p['seconds']:.2f}",
            f"{p['compiling']:.2f}",
        ]
        for p in results(f"time-to-quality-{task}")["points"]
    ]
    return block(table(["model, length", metric, "s", "compiling, s"], rows))


def throughput() -> str:
    """Returns seconds of an epoch, positives and scored pairs per second."""
    rows = [
        [name, f"{row['seconds_per_pass']:.4f}"]
        + [
            f"{row[of] / 1e6:.3f}"
            for of in ("positives_per_second", "pairs_per_second")
        ]
        for name, row in results("throughput")["found"].items()
    ]
    head = ["", "s per epoch", "million positives/s", "million scored pairs/s"]
    return block(table(head, rows))


def beside_plain_keras() -> str:
    """Returns pairs a second of NeuMF, and the ratio to plain Keras."""
    found = results("neumf-vs-plain-keras")["million_pairs_per_second"]
    [plain, *_] = found.values()
    rows = [[name, f"{v:.2f}", f"{v / plain:.1f}"] for name, v in found.items()]
    return block(table(["", "million pairs/s", "ratio"], rows))


def fit_beside_loop() -> str:
    """Returns the milliseconds of `fit` and of a loop over the same batches."""
    short, long = results("fit-beside-loop")["median"].values()
    rows = []
    for way in short:
        hand = way.replace(", fit", ", by hand")
        shares = ""
        if hand != way:
            shares = " and ".join(
                f"{100 * x[hand] / x[way]:.0f}%" for x in (short, long)
            )
        each = f"{1000 * (long[way] - short[way]) / 80:.1f}"
        times = [f"{1000 * x[way]:.1f}" for x in (short, long)]
        rows.append([way, *times, each, shares])
    head = ["ms", "20 epochs", "100 epochs", "an epoch", "of the loop's speed"]
    return block(table(head, rows))


def step_ratios() -> str:
    """Returns the ratio of steps of Keras's optimizers to the row-sparse ones."""
    found = results("step-time")["milliseconds_median"]
    taken = {name: row["1000000"] for name, row in found.items()}
    pairs = [("keras Adagrad", "RowwiseAdagrad"), ("keras Adam", "LazyAdam")]
    return "; ".join(
        f"{name}{way} takes {taken[name + way] / taken[ours]:.0f} times "
        f"as long as {ours}"
        for name, ours in pairs
        for way in ("", " without XLA")
    )


def index_ways() -> str:
    """Returns recall, speed and size of each index of 100 thousand items."""
    rows = []
    for name, way in results("index-100k")["ways"].items():
        for row in way["rows"]:
            if row["expansion"] not in (None, 64, 256):
                continue
            speeds = [f"{1 / row[of]:,.0f}" for of in ("alone", "together")]
            width = f"{row['expansion']}" if row["expansion"] else ""
            sizes = [f"{way['build']:.1f}", f"{way['mib']:.0f}"]
            rows.append([name, width, f"{row['recall']:.3f}", *speeds, *sizes])
    head = ["way, threads", "expansion", "recall@10", "queries/s alone", "together"]
    return block(table([*head, "build, s", "MiB"], rows))


def memory() -> str:
    """Returns MiB above the imports, now and at the peak, after each stage."""
    stages = ["data", "model", "optimizer", "training"]
    rows = []
    for case, found in results("memory")["found"].items():
        mib, base = found["mib"], found["mib"]["imports"][0]
        parts = [f"{mib[s][0] - base:.0f}/{mib[s][1] - base:.0f}" for s in stages]
        peak = max(mib[stage][1] for stage in stages)
        ends = [f"{peak:.0f}", f"{1000 * found['seconds_per_step']:.2f}"]
        rows.append([case, f"{found['table_mib']:.0f}", *parts, *ends])
    heads = [f"{stage}, now/peak" for stage in stages]
    head = ["case", "tables", *heads, "peak with imports", "ms a step"]
    return block(table(head, rows))


def sparse_features() -> str:
    """Returns memory and times of items with many features, padded and not."""
    names = ["held", "build_peak", "training_peak", "scoring_peak", "file"]
    found = results("sparse-features")
    padded = found["padded_to_the_longest_row"].items()
    cases = {**found["found"], **{f"padded: {k}": v for k, v in padded}}
    rows = [
        [
            case,
            *(f"{row[f'{name}_mib']:.0f}" for name in names),
            f"{row['build_seconds']:.2f}",
            f"{row['scoring_seconds']:.2f}",
            f"{1000 * row['seconds_per_step']:.1f}",
        ]
        for case, row in cases.items()
        if isinstance(row, dict)
    ]
    head = ["", "held", "build", "step", "score", "file"]
    return block(table([*head, "s build", "s score", "ms step"], rows))


def out_of_core() -> str:
    """Returns time and memory of each stage of training from shards."""
    rows = [
        [
            name,
            f"{row['interactions']:,}",
            f"{row['seconds']:.1f}",
            f"{row['cpu_seconds']:.1f}",
            f"{row['interactions_per_second'] / 1000000.0:.2f}",
            f"{row['peak_mib']:,.0f}",
        ]
        for name, row in results("out-of-core")["found"].items()
    ]
    head = ["", "interactions", "s", "CPU s", "million/s", "peak MiB"]
    return block(table(head, rows))


def board_costs() -> str:
    """Returns the share of the time that TensorBoard's callback takes, by case."""
    rows = [
        [
            case,
            f"{100 * row['cost']:.1f}%",
            f"{100 * row['highest_cost']:.1f}%",
            f"{row['seconds_alone']:.2f}",
            f"{row['seconds_watched']:.2f}",
        ]
        for case, row in results("tensorboard-cost")["found"].items()
    ]
    return block(table(["", "cost", "highest", "s alone", "s with it"], rows))


def board_start() -> str:
    """Returns the seconds after which TensorBoard shows each of its pages."""
    found = results("tensorboard-start")["median_seconds"]
    pages = list(next(iter(found.values())))
    rows = [[way, *(f"{row[p]:.1f}" for p in pages)] for way, row in found.items()]
    return block(table(["reader, s", *pages], rows))


def kills() -> str:
    """Returns the kills of trainings by kind of negatives."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for run in results("kill-fit")["runs"]:
        writing = sum(kill["died_while_writing"] for kill in run["kills"])
        each = {"kills": len(run["kills"]), "writing": writing}
        each["held"] = run["held"] * len(run["kills"])
        found[run["kind"]].update(each)
    rows = [
        [kind, *(f"{row[name]}" for name in ("kills", "writing", "held"))]
        for kind, row in found.items()
    ]
    return block(table(["negatives", "kills", "of these while writing", "held"], rows))


def device_cases() -> str:
    """Returns the last losses of each way to several devices, and the difference."""
    cases = results("devices")["cases"]
    kinds = list(cases["tensorflow-1"]["kinds"])
    rows = [
        [
            name,
            *(f"{case['kinds'][kind]['losses'][-1]:.5f}" for kind in kinds),
            f"{case['difference']:.0e}",
            f"{case['seconds']:.0f}",
        ]
        for name, case in cases.items()
        if case["status"] == "ok"
    ]
    return block(table(["case", *kinds, "difference", "s"], rows))


def gpu() -> str:
    """Returns speeds of training on one GPU in both precisions."""
    runs = [results(file) for file in ("gpu", "gpu-bfloat16")]
    rows = {
        "NeuMF with NVIDIA's sizes, million samples a second": [
            f"{run['neumf']['samples_per_second'] / 1e6:.0f}" for run in runs
        ],
        "the same, share of the memory bound of float32": [
            f"{100 * run['neumf']['share_of_bound']:.0f}%" for run in runs
        ],
        "in-batch softmax, MF of 64 factors, million samples a second": [
            f"{run['in_batch_mf']['samples_per_second'] / 1e6:.1f}" for run in runs
        ],
        "the same, TFLOP/s of its three matmuls": [
            f"{run['in_batch_mf']['tflops']:.0f}" for run in runs
        ],
    }
    for name in runs[0]["step_times"]:
        steps = [run["step_times"][name] for run in runs]
        sizes = " / ".join(f"{int(size):,}" for size in steps[0])
        rows[f"a step of MF by {name}, ms, at {sizes} rows"] = [
            " / ".join(f"{1000 * value:.2f}" for value in step.values())
            for step in steps
        ]
    rows["a training of yelp2018's size, s"] = [
        f"{run['training']['seconds']:.1f}" for run in runs
    ]
    head = ["", *(run["policy"] for run in runs)]
    return block(table(head, [[name, *texts] for name, texts in rows.items()]))


SPEED: dict[str, Callable[[], str]] = {
    "read-cases": read_cases,
    "reading": reading,
    "step-ratios": step_ratios,
    "time-ml-100k": partial(time_to_quality, "ml-100k", "precision@5"),
    "time-ncf-ml-1m": partial(time_to_quality, "ncf-ml-1m", "ndcg@10"),
    "time-yelp2018": partial(time_to_quality, "yelp2018", "recall@20"),
    "throughput": throughput,
    "beside-plain-keras": beside_plain_keras,
    "fit-beside-loop": fit_beside_loop,
    "index-ways": index_ways,
    "memory": memory,
    "sparse-features": sparse_features,
    "out-of-core": out_of_core,
    "board-costs": board_costs,
    "board-start": board_start,
    "gpu": gpu,
    "kills": kills,
    "device-cases": device_cases,
}
