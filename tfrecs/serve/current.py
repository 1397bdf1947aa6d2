"""The bundle that is served, and its replacement while requests are answered."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

from tfrecs._base.manifest import MANIFEST
from tfrecs.inference.recommender import Recommender, load
from tfrecs.serve.logs import log


class Current:
    """The Recommender of the newest bundle in a folder.

    Args:
        folder: the bundle; write a new one in its place with `overwrite=True`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen = self._version()
        self.recommender = _warm(folder)
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
                self.recommender = await asyncio.to_thread(_warm, self._folder)
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


def _warm(folder: Path) -> Recommender:
    """Loads a bundle and answers one question, so that the first user does not wait."""
    recommender = load(folder)
    recommender.recommend(recommender.train.users.ids[:1], 1)
    return recommender


def _one_line(error: Any) -> str:
    return " ".join(str(error).split())
