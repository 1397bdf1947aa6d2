"""Modules that are imported right after Keras, with which they register."""

import ast

from architecture import PACKAGE, imported_modules, module_of, sources


def followers() -> list[str]:
    """The modules below `tfrecs` that follow Keras."""
    [rooms] = [
        ast.literal_eval(node.value)
        for node in ast.parse(sources()["__init__.py"]).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_ROOMS"
    ]
    return list(rooms)


def test_every_file_that_registers_with_keras_follows_it():
    modules = {module_of(path): text for path, text in sources().items()}
    reached, ahead = set(), followers()
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += imported_modules(modules[name], set(modules))
    registering = {
        name for name, text in modules.items() if "register_keras_serializable(" in text
    }
    assert registering - reached == set()
    assert len(registering) > 10


def test_packages_among_them_import_keras_before_their_own_modules():
    """Or a module that imports Keras would be needed while it is incomplete."""
    packages = [x for x in followers() if (PACKAGE / x).is_dir()]
    assert packages == ["models", "losses", "optimizers"]
    for room in packages:
        names = [
            alias.name if isinstance(node, ast.Import) else node.module
            for node in ast.parse(sources()[f"{room}/__init__.py"]).body
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        ]
        ours = [n for n, name in enumerate(names) if name.startswith("tfrecs")]
        assert "keras" in names[: ours[0]]
