"""Both stages as a SavedModel."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tfrecs.inference.encoders import Encoders
from tfrecs.inference.recommender import Recommender
from tfrecs.inference.second_stage.files import check_to_save
from tfrecs.inference.second_stage.first_stage import FirstStage
from tfrecs.inference.tower_ranking import TowerRanking


def export(
    first: Recommender,
    ranker: Any,
    stage: FirstStage,
    context: Sequence[str],
    folder: Path,
    *,
    overwrite: bool,
) -> None:
    """Writes both stages; see `Reranked.export`.

    Raises:
        FileExistsError, TypeError, ValueError: as `write_saved_model`, `check_to_save`
            and `FirstStage.numbers`.
    """
    from tfrecs.inference.saved_model.reranking import Ranking
    from tfrecs.inference.saved_model.writing import write_saved_model

    check_to_save(ranker)
    encoders: Encoders = {"user": first.user_encoder, "item": first.item_encoder}
    model = TowerRanking(first.model, first.train, encoders).model
    ranking = Ranking(ranker, stage.candidates, context, *stage.numbers())
    of_model = model, first.train, encoders, folder
    write_saved_model(*of_model, overwrite=overwrite, ranking=ranking)
