"""The bundle that is served, and its replacement while requests are answered."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

from tfrecs._base.manifest import MANIFEST
from tfrecs.inference.second_stage.reranked import first_stage, load_stages
from tfrecs.serve.logs import log
from tfrecs.serve.reranking import Served, warm_up


class Current:
    """The Recommender, or Reranked, of the newest bundle in a folder.

    Args:
        folder: the bundle; write a new one in its place with `overwrite=True`.
        index: candidates of an index of items; 0 to score every item.

    Raises:
        ImportError: for an index, without usearch.
        TypeError: for an index of a model whose scores are not inner products.
        ValueError: if the bundle cannot be read.
    """

    def __init__(self, folder: Path, index: int = 0) -> None:
        self._folder, self._index = folder, index
        self._seen = self._version()
        self.served = self._load()
        self.version = self._seen

    async def watch(self, seconds: float) -> None:
        """Loads a new bundle beside the old one, and then puts it in its place."""
        while True:
            await asyncio.sleep(seconds)
            version = self._version()
            if version in (self._seen, ""):
                continue
            self._seen = version
            try:
                self.served = await asyncio.to_thread(self._load)
            except Exception as error:  # the old one goes on
                log("bundle refused", version=version, error=_one_line(error))
                continue
            self.version = version
            log("bundle loaded", version=version)

    def _version(self) -> str:
        """Returns a digest of the manifest, which changes with every file."""
        try:
            manifest = (self._folder / MANIFEST).read_bytes()
        except OSError:  # between two names
            return ""
        return hashlib.sha256(manifest).hexdigest()[:12]

    def _load(self) -> Served:
        served = load_stages(self._folder)
        if self._index:
            recommender = first_stage(served)
            made = recommender.index(expansion=self._index)
            recommender.item_index = made
            log("index made", candidates=made.expansion, recall=made.recall)
        warm_up(served)
        return served


def _one_line(error: Any) -> str:
    return " ".join(str(error).split())
