"""Small files in the shapes that people have, each with what is right."""

import gzip
import io
import json
import zipfile
from dataclasses import dataclass, field
from typing import Any

PAIRS = [(1, 10), (1, 20), (2, 10)]
RATINGS = [5.0, 3.0, 1.0]
TIMES = [978300760.0, 978302109.0, 978301968.0]
DAY = 86400.0


@dataclass(frozen=True)
class Case:
    """A file, the arguments of its reader, and the result or the refusal."""

    name: str
    data: bytes
    pairs: Any = None
    ratings: Any = None
    times: Any = None
    refusal: str = ""
    options: dict[str, Any] = field(default_factory=dict)


def table(separator=",", header="user_id,item_id,rating,timestamp", end="\n"):
    rows = [
        [*pair, f"{rating:g}", f"{time:.0f}"]
        for pair, rating, time in zip(PAIRS, RATINGS, TIMES, strict=True)
    ]
    lines = [header.replace(",", separator)] if header else []
    lines += [separator.join(map(str, row)) for row in rows]
    return (end.join(lines) + end).encode()


def columns(user, item, *more):
    """Pairs under a header, and columns of constants."""
    names = [user, item, *(name for name, _ in more)]
    lines = [",".join(names)]
    lines += [",".join(map(str, [*p, *(v for _, v in more)])) for p in PAIRS]
    return ("\n".join(lines) + "\n").encode()


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def times(*fields):
    lines = [f"{u},{i},{t}" for (u, i), t in zip(PAIRS, fields, strict=True)]
    return ("\n".join(["user,item,date", *lines]) + "\n").encode()


FULL = {"pairs": PAIRS, "ratings": RATINGS, "times": TIMES}
_NAMES = (
    ("User-ID", "ISBN"),
    ("CustomerID", "StockCode"),
    ("user_id", "business_id"),
    ("reviewerID", "asin"),
    ("user_id", "anime_id"),
    ("userID", "artistID"),
    ("uid", "iid"),
    ("userId", "movieId"),
)
_RATED = ("Book-Rating", "overall", "label", "Hours", "weight", "stars", "score")
_JSON = [dict(user_id=u, item_id=i, rating=5) for u, i in PAIRS]
_LINES = "\n".join(map(json.dumps, _JSON)).encode()
_LATIN = "user,item\nJosé,café\nJosé,thé\n".encode("latin-1")
_ACCENTS = [("José", "café"), ("José", "thé")]
_DAYS = ("1970-01-01", "1970-01-02", "1970-01-03")
_DATES = [0.0, DAY, 2 * DAY]
_MS = [1000 * time for time in TIMES]

CASES = [
    # Separators
    Case("a.csv", table(), **FULL),
    Case("semicolon.csv", table(";"), **FULL),
    Case("bar.csv", table("|"), **FULL),
    Case("tab.csv", table("\t"), **FULL),
    Case("comma.tsv", table(","), **FULL),
    Case("spaces.csv", table(" "), **FULL),
    Case("aligned.data", table("   "), **FULL),
    Case("crlf.csv", table(end="\r\n"), **FULL),
    Case("cr.csv", table(end="\r"), **FULL),
    Case("given.csv", table("^"), **FULL, options={"separator": "^"}),
    Case("not_given.csv", table("^"), refusal="Name it in `user_col`"),
    Case("quoted.csv", b'user,item\n"ann","x, y"\n', [("ann", "x, y")]),
    # Headers
    Case("none.csv", table(header=""), **FULL, options={"header": False}),
    Case("not_said.csv", table(header=""), refusal="header=False"),
    Case("u.data", table("\t", header=""), **FULL),
    Case("ratings.dat", table("::", header=""), **FULL),
    Case("tabs.dat", table("\t", header=""), **FULL),
    Case("header.dat", table("\t"), **FULL),
    Case("ml.train.rating", table("\t", header=""), **FULL),
    Case("pairs.data", b"1\t10\n1\t20\n2\t10\n", PAIRS),
    Case(
        "times.data",
        b"1 10 978300760\n1 20 978302109\n2 10 978301968\n",
        PAIRS,
        times=TIMES,
    ),
    Case(
        "one_time.data",
        b"1 10 978300760\n1 20 978302109\n2 10 x\n",
        refusal="line 3: the column 'timestamp' must hold numbers or ISO",
    ),
    Case("wide.data", b"1 10 5 1 7\n1 20 5 1 7\n", refusal="column 1.*`user_col`"),
    Case(
        "named.data",
        b"9 1 10 5 7\n9 1 20 3 7\n9 2 10 1 7\n",
        PAIRS,
        options={"user_col": "column 2", "item_col": "column 3"},
    ),
    # RecBole
    Case(
        "ml.inter",
        table("\t", "user_id:token,item_id:token,rating:float,timestamp:float"),
        **FULL,
    ),
    # Lists and tables in .txt
    Case("lists.txt", b"1 10 20\n2 10\n", PAIRS),
    Case("table.txt", table(" ", header=""), **FULL),
    Case("headed.txt", table("\t"), **FULL),
    Case("commas.txt", table(), **FULL),
    Case("headed_pairs.txt", b"user item\n1 10\n1 20\n2 10\n", PAIRS),
    Case("unclear.txt", b"1 10 20\n2 10 30\n", refusal='`format` "lists"'),
    Case(
        "said.txt",
        b"1 10 20\n2 10 30\n",
        [*PAIRS, (2, 30)],
        options={"format": "lists"},
    ),
    # Encodings
    Case("bom.csv", b"\xef\xbb\xbf" + table(), **FULL),
    Case("latin.csv", _LATIN, _ACCENTS),
    Case("utf16.csv", _LATIN.decode("latin-1").encode("utf-16"), _ACCENTS),
    Case("utf16le.csv", table().decode().encode("utf-16-le"), **FULL),
    Case("utf8.csv", _LATIN.decode("latin-1").encode(), _ACCENTS),
    Case(
        "cp1250.csv",
        "user,item\nŁ,x\n".encode("cp1250"),
        [("Ł", "x")],
        options={"encoding": "cp1250"},
    ),
    Case("cp1252.csv", b"user,item\nann,don\x92t\n", [("ann", "don\u2019t")]),
    Case(
        "cp1251.csv",
        b"user,item\n\xc8\xe2\xe0\xed,1\n",
        refusal="line 2.*UTF-8.*pass the `encoding`",
    ),
    Case(
        "damaged.csv",
        table().replace(b",3,", b",\xb3,"),
        refusal="line 3.*UTF-8.*pass the `encoding`",
    ),
    Case(
        "damaged_utf8.csv",
        "user,item\nJosé,1\nAnn,2\n".encode().replace(b"Ann", b"An\xee"),
        refusal="line 3.*UTF-8.*pass the `encoding`",
    ),
    Case("binary.csv", bytes(range(256)) * 9, refusal="must be text"),
    # JSON
    Case("a.jsonl", _LINES, PAIRS, [5, 5, 5]),
    Case("lines.json", _LINES, PAIRS, [5, 5, 5]),
    Case("array.json", json.dumps(_JSON, indent=1).encode(), PAIRS, [5, 5, 5]),
    Case("columns.json", b'{"user": {"0": 1}}', refusal="column of item"),
    Case("broken.json", b"[" + _LINES, refusal="array of JSON objects"),
    # Archives
    Case("a.csv.gz", gzip.compress(table()), **FULL),
    Case("one.zip", zipped({"ratings.csv": table()}), **FULL),
    Case("mac.zip", zipped({"a.csv": table(";"), "__MACOSX/a.csv": b"?"}), **FULL),
    Case(
        "two.zip",
        zipped({"a.csv": table(), "b.csv": table()}),
        refusal="one table.*Unpack",
    ),
    Case("bomb.zip", zipped({"a.csv": b"\0" * 2**28}), refusal="at most.*Unpack it"),
    # Names
    *(Case(f"{item}.csv", columns(user, item), PAIRS) for user, item in _NAMES),
    *(
        Case(f"{n}.csv", columns("user", "item", (n, 4)), PAIRS, [4, 4, 4])
        for n in _RATED
    ),
    Case("unused.csv", columns("user", "item", ("note", "a")), PAIRS),
    Case("other.csv", columns("who", "what"), refusal="`user_col` and `item_col`"),
    # Ids
    Case("zeros.csv", b"user,item\n007,1\n7,1\n", [("007", 1), ("7", 1)]),
    Case("exponent.csv", b"user,item\n1e5,1\n100000,1\n", [("1e5", 1), ("100000", 1)]),
    Case("NA.csv", b"user,item\nNA,1\nnull,1\n", [("NA", 1), ("null", 1)]),
    Case("large.csv", b"user,item\n9007199254740993,1\n", [(9007199254740993, 1)]),
    Case("spaced.csv", b"user,item\nann ,1\nann,1\n", [("ann ", 1), ("ann", 1)]),
    Case("absent.csv", b"user,item\n1,2\n,2\n", refusal="line 3.*an id in each row"),
    Case(
        "floats.csv",
        b"CustomerID,StockCode\n17850.0,85123A\n",
        [(17850, "85123A")],
        options={"id_type": {"user": "integer"}},
    ),
    # Ratings
    Case("zero.csv", columns("user", "item", ("rating", 0)), PAIRS, [0, 0, 0]),
    Case(
        "low.csv", columns("user", "item", ("rating", -1)), refusal="at least 0.*'-1'"
    ),
    # Times
    Case(
        "iso.csv", times("1970-01-01", "1970-01-02", "1970-01-03"), PAIRS, None, _DATES
    ),
    Case(
        "zones.csv",
        times("1970-01-01T00:00:00Z", "1970-01-02T02:00+02:00", "1970-01-03 00:00"),
        PAIRS,
        None,
        _DATES,
    ),
    Case(
        "ms.csv",
        times(*(f"{t:.0f}000" for t in TIMES)),
        PAIRS,
        None,
        [t * 1e3 for t in TIMES],
    ),
    Case(
        "days.csv",
        times("01/01/1970", "02/01/1970", "03/01/1970"),
        PAIRS,
        None,
        _DATES,
        options={"time_format": "%d/%m/%Y"},
    ),
    Case("unreadable.csv", times("31/12/1970", "30/12/1970", "29/12/1970"), PAIRS),
    Case(
        "needed.csv",
        times("31/12/1970", "30/12/1970", "29/12/1970"),
        refusal="numbers or ISO dates",
        options={"time_col": "date"},
    ),
    Case("suffix.xyz", table(), refusal="`format`"),
    Case("suffix.log", table(), **FULL, options={"format": "csv"}),
]
