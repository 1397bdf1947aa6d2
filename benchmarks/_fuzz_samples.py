"""Small valid files of every format and every data set, to be spoiled."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from tfrecs.data.datasets import DATASETS
from tfrecs.data.readers import read_interactions, read_leniently, read_test

COLUMNS = ("user_id", "item_id", "rating", "timestamp", "note")
ROWS = [
    (1, "a1", 4.5, 978300760, "x"),
    (1, "b 2", 3.0, 978302109, "a, b"),
    (22, "a1", 1.0, 978301968, ""),
    (22, "é3", 0.5, 978300275, 'say "hi"'),
    (303, "77", 5.0, 978824291, "two\nlines"),
    (303, "b 2", 2.0, 978302268, "NA"),
]


@dataclass(frozen=True)
class Target:
    """What is fuzzed: files by name, which of them, and what reads their folder."""

    files: dict[str, bytes]
    read: Callable[[Path], Any]


def _table(separator: str) -> bytes:
    frame = pd.DataFrame(ROWS, columns=COLUMNS)
    return frame.to_csv(sep=separator, index=False).encode()


def _parquet() -> bytes:
    buffer = io.BytesIO()
    pd.DataFrame(ROWS, columns=COLUMNS).to_parquet(buffer)
    return buffer.getvalue()


def _json_lines() -> bytes:
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in ROWS]
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def _json_array() -> bytes:
    return b"[" + _json_lines().strip().replace(b"}\n{", b"},\n{") + b"]"


def _recbole() -> bytes:
    frame = pd.DataFrame(ROWS, columns=COLUMNS).drop(columns="note")
    kinds = ("user_id:token", "item_id:token", "rating:float", "timestamp:float")
    return frame.set_axis(kinds, axis=1).to_csv(sep="\t", index=False).encode()


_TRIPLES = [(1, 11, 5), (1, 22, 3), (22, 11, 4), (22, 333, 1), (303, 22, 2)]
_NCF = "".join(f"{u}\t{i}\t{r}\t97830{u:04}\n" for u, i, r in _TRIPLES).encode()
_DAT = _NCF.replace(b"\t", b"::")

FORMATS: dict[str, bytes] = {
    ".csv": _table(","),
    ".tsv": _table("\t"),
    ".parquet": _parquet(),
    ".jsonl": _json_lines(),
    ".ndjson": _json_lines(),
    ".json": _json_array(),
    ".txt": b"0 10 11 12\n1 10\n2\n33 9007199254740993 11\n",
    ".lists": b"0 10 11 12\n1 10\n2\n33 9007199254740993 11\n",
    ".rating": _NCF,
    ".data": _NCF.replace(b"\t", b" "),
    ".dat": _DAT,
    ".inter": _recbole(),
}
"""One for each of the readers' registry; `.item`, `.user` are as `.inter`."""


def _reader(suffix: str, sample: bytes) -> dict[str, Target]:
    def strict(folder: Path) -> Any:
        return read_interactions(next(folder.iterdir()))

    def lenient(folder: Path) -> Any:
        return read_leniently(next(folder.iterdir()))

    def test(folder: Path) -> Any:
        return read_test(
            folder / f"b{suffix}", read_interactions(folder / f"a{suffix}")
        )[0]

    names = [suffix] if suffix == ".parquet" else [suffix, f"{suffix}.gz"]
    made = {}
    for name in names:
        made[f"{name}, error"] = Target({f"a{name}": sample}, strict)
        made[f"{name}, skip"] = Target({f"a{name}": sample}, lenient)
    both = {f"a{suffix}": sample, f"b{suffix}": sample}
    return {**made, f"{suffix}, train and test": Target(both, test)}


_FLAGS = "|0" * 7 + "|1" + "|0" * 11
_FILMS = "1|Heat (1995)|01-Jan-1995||http://x{0}\n2|unknown||||1{1}\n3|Été (V)||| {0}\n"
_RECBOLE = {
    "ml-100k.inter": "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
    "1\t1\t5\t100\n1\t2\t2\t200\n2\t3\t3\t300\n",
    "ml-100k.item": "item_id:token\tmovie_title:token_seq\trelease_year:token\t"
    "class:token_seq\n1\tHeat\t1995\tDrama Crime\n2\tunkonwn\tunkonwn\tunknown\n"
    "3\tÉté\tV\t\n",
    "ml-100k.user": "user_id:token\tage:token\tgender:token\toccupation:token\t"
    "zip_code:token\n1\t24\tM\ttechnician\t85711\n2\t53\tF\tother\tT8H1N\n",
}
_ML_100K = {
    "ua.base": "1\t1\t5\t100\n1\t2\t2\t200\n2\t3\t3\t300\n",
    "ua.test": "2\t1\t4\t400\n1\t3\t1\t500\n",
    "u.item": _FILMS.format(_FLAGS, "|0" * 18),
    "u.user": "1|24|M|technician|85711\n2|53|F|other|T8H1N\n",
}
_ML_1M = {
    "ratings.dat": _DAT.decode(),
    "movies.dat": "11::Heat (1995)::Action|Drama\n22::Été (1999)::Drama\n"
    "333::X (2000)::Children's\n",
    "users.dat": "1::F::1::10::48067\n22::M::56::16::70072\n303::M::25::0::55117\n",
}
_ML_10M = {
    "ratings.dat": _ML_1M["ratings.dat"],
    "movies.dat": _ML_1M["movies.dat"],
    "tags.dat": "15::11::excellent!::1215184630\n20::22::politics, |::1188263867\n",
}
_ML_CSV = {
    "ratings.csv": "userId,movieId,rating,timestamp\n1,11,4.0,964982703\n"
    "1,2,0.5,964981247\n20,11,5.0,964982224\n20,70,3.5,964983815\n",
    "movies.csv": 'movieId,title,genres\n2,"City, The (1995)",Adventure|Sci-Fi\n'
    '11,"Say ""Hi""! (1964)",(no genres listed)\n70,Série (2005-2006),Animation\n',
    "tags.csv": 'userId,movieId,tag,timestamp\n1,2,"strange, dark",1445714994\n'
    "5,11,NA,1445714996\n",
}
_YOOCHOOSE = {
    "yoochoose-clicks.dat": "1,2014-04-07T10:51:09.277Z,214536502,0\n"
    "1,2014-04-07T10:54:09.868Z,214536500,S\n2,2014-04-07T13:56:37.614Z,77,12\n",
    "yoochoose-buys.dat": "2,2014-04-07T14:00:00.000Z,77,12462,1\n",
}
_TRIVAGO = {
    "train.csv": "user_id,session_id,timestamp,step,action_type,reference,platform,"
    "city,device,current_filters,impressions,prices\n"
    'U1,S1,1541037460,1,search for poi,Newtown,AU,"Sydney, AU",mobile,,,\n'
    'U1,S1,1541037532,3,clickout item,109038,AU,"Sydney, AU",mobile,,34|109038,9|6\n'
    'U2,S3,1541037534,2,clickout item,77,AU,"Rome, IT",desktop,,77,66\n',
    "item_metadata.csv": "item_id,properties\n109038,Bar|Gym\n5101,Satellite TV\n",
}
_NCF_ML_1M = {
    "ml-1m.train.rating": _NCF.decode(),
    "ml-1m.test.rating": "1\t25\t5\t978824351\n22\t133\t3\t978300174\n",
    "ml-1m.test.negative": "\n".join(
        "\t".join([pair, *map(str, range(start, start + 99))])
        for pair, start in (("(1,25)", 1000), ("(22,133)", 2000))
    ),
}
_LISTS = {"train.txt": "0 5 1\r\n1 2 7\r\n", "test.txt": "0 2\n1 1\n"}

FILES: dict[str, tuple[dict[str, str], ...]] = {
    "ml-100k": (_ML_100K, _RECBOLE),
    "ml-1m": (_ML_1M,),
    "ml-10m": (_ML_10M,),
    "ml-20m": (_ML_CSV,),
    "ml-25m": (_ML_CSV,),
    "ml-32m": (_ML_CSV,),
    "ml-latest-small": (_ML_CSV,),
    "ncf-ml-1m": (_NCF_ML_1M,),
    "ultragcn-ml-1m": (_LISTS,),
    "yoochoose": (_YOOCHOOSE,),
    "trivago": (_TRIVAGO,),
}
"""The files of each data set in each of its forms; all but the generated ones."""

_LATIN_1 = ("u.item",)


def _dataset(name: str, number: int, texts: dict[str, str]) -> dict[str, Target]:
    def encoded(file: str, text: str) -> bytes:
        latin = file in _LATIN_1 or (name, file) == ("ml-1m", "movies.dat")
        return text.encode("latin-1" if latin else "utf-8")

    plain = {file: encoded(file, text) for file, text in texts.items()}
    made = {f"{name}, form {number}": Target(plain, lambda _: DATASETS[name]())}
    if name != "ml-100k":
        zipped = {f"{file}.gz": data for file, data in plain.items()}
        made[f"{name}, gzip"] = Target(zipped, lambda _: DATASETS[name]())
    return made


TARGETS: dict[str, Target] = {}
for _suffix, _sample in FORMATS.items():
    TARGETS |= _reader(_suffix, _sample)
for _name, _forms in FILES.items():
    for _number, _texts in enumerate(_forms, start=1):
        TARGETS |= _dataset(_name, _number, _texts)
