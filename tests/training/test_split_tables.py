import re

import tfrecs

FOUR = ["cpu:0", "cpu:1", "cpu:2", "cpu:3"]


def axes(model, distribution):
    """Returns the axes of each weight's layout, by the end of its path."""
    return {
        weight.path.removesuffix("/embeddings"): tuple(
            distribution.get_variable_layout(weight).axes
        )
        for weight in model.weights
    }


def test_tables_are_split_by_rows_or_else_by_columns():
    model = tfrecs.build_mf(12, 10, embedding_dim=8)
    assert axes(model, tfrecs.SplitTables(FOUR)) == {
        "user_factors": ("devices", None),  # 12 rows = 4 * 3
        "user_bias": ("devices", None),
        "item_factors": (None, "devices"),  # 10 rows are not, 8 columns = 4 * 2
        "item_bias": (None, None),  # neither 10 rows nor 1 column
        "interaction/global_bias": (),
    }


def test_weights_that_are_no_tables_are_replicated():
    model = tfrecs.build_mlp(12, 12, embedding_dim=4, hidden_units=(8,))
    layouts = axes(model, tfrecs.SplitTables(FOUR))
    tables = [name for name in layouts if re.search(r"mlp_(user|item)$", name)]
    assert len(tables) == 2
    assert {layouts[name] for name in tables} == {("devices", None)}
    assert not any(any(layouts[name]) for name in {*layouts} - {*tables, "item_bias"})


def test_a_batch_is_split_over_the_same_devices():
    distribution = tfrecs.SplitTables(FOUR[:2])
    assert distribution.num_model_replicas == 2
    assert distribution.get_data_layout((8, 3)).axes == ("devices", None)
