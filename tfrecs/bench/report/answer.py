"""The answer in plain words, which the page starts with."""

from tfrecs.bench.problem import Problem
from tfrecs.bench.report.findings import FEW_USERS, Findings
from tfrecs.bench.report.markup import listed, p_in_words, seconds_in_words, text
from tfrecs.data.datasets import DATASETS
from tfrecs.reporting.plots.canvas import title_of

PROPER = {"lightfm": "LightFM", "popularity": "popularity"}
"""What sentences call the baselines."""


def answer(problem: Problem, found: Findings, num_seeds: int) -> str:
    """Gives paragraphs: who is best, how sure that is, who is faster, and what next."""
    if found.best is None:
        return _paragraphs(*_nothing(found))
    return _paragraphs(
        _best(found),
        _how_sure(found),
        _level(found),
        _few_users(found),
        _next(problem, found, num_seeds),
    )


def _paragraphs(*sentences: str) -> str:
    first, *others = (sentence for sentence in sentences if sentence)
    return f'<p class="lead">{first}</p>' + "".join(f"<p>{s}</p>" for s in others)


def _nothing(found: Findings) -> tuple[str, str]:
    whys = list(dict.fromkeys(f"{r.model}: {r.status}" for r in found.missing))
    if whys:
        more = f"; and {len(whys) - 3} more" if len(whys) > 3 else ""
        told = f"{'; '.join(whys[:3])}{more}"
        mend = "Mend what the table names, and run the same command again."
        return f"No model has numbers. {text(told)}.", mend
    if found.rows:
        return "Only the oracle ran, which knows the truth.", "Run models beside it."
    return "No model ran.", "Run the same command again."


def _best(found: Findings) -> str:
    best, metric = str(found.best), title_of(found.metric)
    value, together = found.mean(best), found.best_together
    start = listed([f"<strong>{text(model)}</strong>" for model in together])
    if len(found.competing) == 1:
        return f"{start} is the only model with numbers: {metric} is {value:.4f}."
    end = f": {metric} is <strong>{value:.4f}</strong>"
    if len(together) > 1:
        return f"{start} are highest together{end}."
    sure = found.to_best and not found.level_with_best
    is_best = f"is {'best' if sure else 'highest'}{end}"
    if found.baseline is None:
        return f"{start} {is_best}."
    if best == found.baseline:
        return f"{start} itself {is_best}."
    gap = value - found.mean(found.baseline)
    return (
        f"{start} {is_best}, <strong>{gap:+.4f}</strong>{_percent(gap, found)} over "
        f"{PROPER[found.baseline]}."
    )


def _percent(gap: float, found: Findings) -> str:
    base = found.mean(str(found.baseline))
    return f" ({100 * gap / base:+.0f}%)" if base > 0 else ""


def _how_sure(found: Findings) -> str:
    best, baseline = str(found.best), found.baseline
    if len(found.competing) == 1:
        return "There is no other to compare it with."
    if baseline is None:
        return "Neither LightFM nor popularity has numbers to compare with."
    instead = (
        "" if baseline == "lightfm" else "LightFM has no numbers to compare with. "
    )
    if baseline in found.best_together:
        return f"{instead}No other model is above {PROPER[baseline]}."
    if best not in found.to_baseline:
        return f"{instead}There are too few users to test the difference."
    c = found.to_baseline[best]
    says = "is significant" if c.significant else "is not significant"
    tests = len(found.to_baseline)
    alone = ", for this comparison alone," * (tests > 1)
    correction = f", after Holm's correction for {tests} comparisons" * (tests > 1)
    return (
        f"{instead}That difference {says}: its 95% interval{alone} is "
        f"{c.test.low:+.4f} to {c.test.high:+.4f}, and {text(p_in_words(c.p_value))} "
        f"in a paired randomization test over users{correction}."
    )


def _level(found: Findings) -> str:
    if not found.to_best:
        return ""
    level, fastest = found.level_with_best, str(found.fastest)
    if not level:
        return "Every other model is significantly below it."
    end = (
        f"Of all these, {text(fastest)} itself trains fastest"
        if fastest == found.best
        else f"The fastest of them to train is <strong>{text(fastest)}</strong>"
    )
    seconds = text(seconds_in_words(found.row(fastest).seconds))
    return (
        f"{text(listed(level))} cannot be told apart from {text(found.best)} by these "
        f"users. {end}, in {seconds}."
    )


def _few_users(found: Findings) -> str:
    if found.num_users >= FEW_USERS:
        return ""
    if found.num_users == 1:
        return "One user was tested, who tells nothing of others."
    return (
        f"Only {found.num_users} users were tested: with so few, intervals are too "
        "narrow, and all but large differences stay hidden."
    )


def _next(problem: Problem, found: Findings, num_seeds: int) -> str:
    named = [found.best, found.fastest, found.baseline]
    if len(set(named)) == 1:  # alone it would say nothing
        named += [row.model for row in found.competing[:2]]
    models = ",".join(dict.fromkeys(filter(None, named)))
    again = f"--seeds 3 --models {models}"
    if num_seeds < 3:
        step = (
            "see whether that holds with other seeds: add "
            f"<code>{text(again)}</code> to the command"
        )
    else:
        step = "see below for whom it is better, and what it recommends them"
    own = (
        "; then measure on your own data with <code>--train FILE</code>, where the "
        "order may be another"
    )
    return f"Next: {step}{own if problem.dataset.name in DATASETS else ''}."
