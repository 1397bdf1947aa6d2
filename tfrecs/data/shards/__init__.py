"""Interactions larger than memory: prepared once as shards, then streamed.

`prepare_shards` encodes raw files into a folder, `open_shards` opens it again, and
pipelines make batches of it, as of interactions in memory:

    shards = prepare_shards(paths, "shards", seed=0)
    data = sharded_shared_negatives_batches(shards, seed=0, sampling="mixed")
    plan = Plan("softmax", Negatives("mixed"))
    trained = compile_for(model, plan, RowwiseAdagrad(0.05))
    fit_batches(trained, data, 3)

The pipelines are in `tfrecs.training.batches.shards`, `compile_for` and `fit_batches`
in `tfrecs.training.fit`. Build the model for `shards.num_users` and `shards.num_items`.
"""

from tfrecs.data.shards.folder import Shards as Shards
from tfrecs.data.shards.folder import open_shards as open_shards
from tfrecs.data.shards.prepare import prepare_shards as prepare_shards
