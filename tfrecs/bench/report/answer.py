"""The answer in plain words, which the page starts with."""

from tfrecs.bench.report.findings import Findings
from tfrecs.bench.report.markup import listed, p_in_words, seconds_in_words, text
from tfrecs.plots._canvas import title_of

PROPER = {"lightfm": "LightFM", "popularity": "popularity"}
"""What sentences call the baselines."""


def answer(found: Findings, num_seeds: int) -> str:
    """Gives paragraphs: who is best, how sure that is, who is faster, and what next."""
    if found.best is None:
        why = "; ".join(f"{r.model}: {r.status}" for r in found.missing[:3])
        return _paragraphs(
            f"No model has numbers. {text(why)}." if why else "No model ran.",
            "Mend what the table names, and run the same command again.",
        )
    sure = _how_sure(found)
    level = _level(found)
    return _paragraphs(_best(found), sure, level, _next(found, num_seeds))


def _paragraphs(*sentences: str) -> str:
    first, *others = (sentence for sentence in sentences if sentence)
    return f'<p class="lead">{first}</p>' + "".join(f"<p>{s}</p>" for s in others)


def _best(found: Findings) -> str:
    best, metric = str(found.best), title_of(found.metric)
    value = found.mean(best)
    start = f"<strong>{text(best)}</strong>"
    if len(found.rows) == 1:
        return f"{start} is the only model with numbers: {metric} is {value:.4f}."
    if found.baseline is None:
        return f"{start} is best: {metric} is <strong>{value:.4f}</strong>."
    name = PROPER[found.baseline]
    if best == found.baseline:
        return f"{start} itself is best: {metric} is <strong>{value:.4f}</strong>."
    gap = value - found.mean(found.baseline)
    return (
        f"{start} is best: {metric} is <strong>{value:.4f}</strong>, "
        f"<strong>{gap:+.4f}</strong>{_percent(gap, found)} over {name}."
    )


def _percent(gap: float, found: Findings) -> str:
    base = found.mean(str(found.baseline))
    return f" ({100 * gap / base:+.0f}%)" if base > 0 else ""


def _how_sure(found: Findings) -> str:
    best, baseline = str(found.best), found.baseline
    if baseline is None:
        return "Neither LightFM nor popularity has numbers to compare with."
    instead = (
        "" if baseline == "lightfm" else "LightFM has no numbers to compare with. "
    )
    if best == baseline:
        return f"{instead}No other model is above it."
    if best not in found.to_baseline:
        return f"{instead}There are too few users to test the difference."
    c = found.to_baseline[best]
    says = "is significant" if c.significant else "is not significant"
    tests = len(found.to_baseline)
    correction = f", after Holm's correction for {tests} comparisons" * (tests > 1)
    return (
        f"{instead}That difference {says}: its 95% interval is {c.test.low:+.4f} to "
        f"{c.test.high:+.4f}, and {text(p_in_words(c.p_value))} in a paired "
        f"randomization test over users{correction}."
    )


def _level(found: Findings) -> str:
    if not found.to_best:
        return ""
    level, fastest = found.level_with_best, str(found.fastest)
    if not level:
        return "Every other model is significantly below it."
    names = text(listed(level))
    verb = "is" if len(level) == 1 else "are"
    if fastest == found.best:
        end = f"Of these, {text(fastest)} itself trains fastest"
    else:
        end = f"The fastest of them to train is <strong>{text(fastest)}</strong>"
    seconds = text(seconds_in_words(found.row(fastest).seconds))
    return f"{names} {verb} statistically level with it. {end}, in {seconds}."


def _next(found: Findings, num_seeds: int) -> str:
    models = dict.fromkeys([found.best, found.fastest, found.baseline])
    again = f"--seeds 3 --models {','.join(m for m in models if m is not None)}"
    if num_seeds < 3:
        step = (
            "see whether that holds with other seeds: add "
            f"<code>{text(again)}</code> to the command"
        )
    else:
        step = "see below for whom it is better, and what it recommends them"
    return (
        f"Next: {step}; then measure on your own data with "
        "<code>--train FILE</code>, where the order may be another."
    )
