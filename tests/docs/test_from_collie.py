"""`docs/from-collie.md`: every row names what there is."""

import dataclasses
import inspect
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "from-collie.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("| ").split(" | ")]
    for line in TEXT.splitlines()
    if line.startswith("| ") and not line.startswith("| Collie |")
]
OURS = re.compile(r"`(tfrecs(?:\.\w+)+)(?:\(([\w=, ]+)\))?`")

COLLIE = """
BaseInteractions Interactions ExplicitInteractions HDF5Interactions
BaseInteractionsDataLoader InteractionsDataLoader
ApproximateNegativeSamplingInteractionsDataLoader HDF5InteractionsDataLoader
ApproximateNegativeSampler HDF5Sampler
random_split stratified_split
bpr_loss adaptive_bpr_loss hinge_loss adaptive_hinge_loss warp_loss
ideal_difference_from_metadata
get_preds mapk mrr auc evaluate_in_batches explicit_evaluate_in_batches
BasePipeline MultiStagePipeline CollieTrainer CollieMinimalTrainer
ScaledEmbedding ZeroEmbedding MultiOptimizer MultiLRScheduler
configure_optimizers training_step validation_step calculate_loss
get_item_predictions get_user_predictions item_item_similarity user_user_similarity
save_model advance_stage set_stage
MatrixFactorizationModel MLPMatrixFactorizationModel
NonlinearMatrixFactorizationModel NeuralCollaborativeFiltering DeepFM
CollaborativeMetricLearningModel HybridModel HybridPretrainedModel ColdStartModel
freeze_embeddings unfreeze_embeddings load_from_hybrid_model
item_bucket_item_similarity
read_movielens_df read_movielens_df_item read_movielens_df_user
read_movielens_posters_df get_movielens_metadata get_user_metadata
run_movielens_example get_recommendation_visualizations
get_random_seed create_ratings_matrix df_to_interactions convert_to_implicit
remove_users_with_fewer_than_n_interactions trunc_normal get_init_arguments
pandas_df_to_hdf5 df_to_html Timer merge_docstrings
""".split()
"""What Collie 1.3.1 exports, and what its models do."""


def found(name: str) -> Any:
    """What a name such as `tfrecs.Recommender.save` stands for."""
    place: Any = import_module("tfrecs")
    for part in name.split(".")[1:]:
        if dataclasses.is_dataclass(place) and part in place.__dataclass_fields__:
            place = place.__dataclass_fields__[part]
        elif inspect.ismodule(place) and not hasattr(place, part):
            place = import_module(f"{place.__name__}.{part}")
        else:
            place = getattr(place, part)
    return place


def test_every_name_of_collie_has_a_row():
    theirs = set(re.findall(r"`(\w+)", " ".join(row[0] for row in ROWS)))
    assert set(COLLIE) - theirs == set()
    assert len(COLLIE) == len(set(COLLIE)) > 70


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].replace("`", ""))
def test_a_row_names_what_there_is(row):
    assert len(row) == 2
    for name, arguments in OURS.findall(row[1]):
        thing = found(name)
        for argument in re.findall(r"(\w+)=", arguments):
            assert argument in inspect.signature(thing).parameters


@pytest.mark.parametrize("name", ["tfrecs.fitt", "tfrecs.losses.bpl", "tfrecs.fit.x"])
def test_a_name_that_there_is_not_is_told(name):
    with pytest.raises((AttributeError, ModuleNotFoundError)):
        found(name)


@pytest.mark.parametrize("path", sorted((ROOT / "docs").glob("*.md")), ids=str)
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target
