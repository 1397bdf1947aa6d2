"""Interactions larger than memory: prepared once as shards, then streamed.

`prepare_shards` encodes raw files into a folder, `open_shards` opens it again, and the
pipelines give the batches that models are compiled for, whatever the source:

    shards = prepare_shards(paths, "shards", seed=0)
    data = sharded_shared_negatives_batches(shards, seed=0, sampling="mixed")
    trained = compile_for(model, "softmax", "mixed", RowwiseAdagrad(0.05))
    fit_batches(trained, data, 3)

`compile_for` and `fit_batches` are of `tfrecs.training.fit`; a model is built for
`shards.num_users` and `shards.num_items`.
"""

from tfrecs.data.shards.folder import Shards as Shards
from tfrecs.data.shards.folder import open_shards as open_shards
from tfrecs.data.shards.prepare import prepare_shards as prepare_shards
