"""The page: loads the models once, and shows one view of one person."""

import gc
import logging
from dataclasses import dataclass, field
from threading import Lock

import streamlit as st

from tfrecs.app import views, widgets
from tfrecs.app.bundles import find_bundles
from tfrecs.app.cards import STYLE, alert, note
from tfrecs.app.catalogue import Catalogue, catalogue_of
from tfrecs.app.guarding import without_folders
from tfrecs.app.models import Model, compared_models, load_all
from tfrecs.app.options import Options

_LOGGER = logging.getLogger("tfrecs.app")


@dataclass
class Loaded:
    """The models and their catalogue, which all sessions of the server share."""

    lock: Lock = field(default_factory=Lock)
    models: tuple[Model, ...] = ()
    notes: tuple[str, ...] = ()
    catalogue: Catalogue | None = None


def show(options: Options) -> None:
    """Draws the page for the current state of its widgets."""
    st.set_page_config(page_title="Recommendations side by side", layout="wide")
    st.html(f"<style>{STYLE}</style>")
    st.title("Recommendations, side by side", anchor=False)
    try:
        loaded = _load(options)
    except (ValueError, OSError) as error:
        _LOGGER.error("%s", error)  # for who runs the server, with the whole path
        alert(without_folders(str(error), options.bundle))
        return
    models, catalogue = loaded.models, loaded.catalogue
    if catalogue is None:
        return
    train = models[0].train
    note(
        f"{len(train):,} interactions of {train.num_users:,} people with "
        f"{train.num_items:,} titles"
    )
    for line in loaded.notes:
        note(line)
    choice = widgets.choose_person(train, catalogue)
    with st.sidebar:  # also without a person, or Streamlit forgets the sliders
        weights = widgets.choose_weights([model.name for model in models])
    if choice.problem:
        alert(choice.problem)
    if choice.person is not None:
        shown = [model for model in models if model.name in weights.models]
        views.show_liked(choice.person, catalogue, choice.about)
        views.VIEWS[widgets.choose_view([*views.VIEWS])](
            shown, choice.person, catalogue, weights
        )


@st.cache_resource(show_spinner=False)
def _shared(options: Options) -> Loaded:
    return Loaded()


def _load(options: Options) -> Loaded:
    """Returns the models; the first session loads them and the others wait."""
    shared = _shared(options)
    with shared.lock:
        if shared.models:
            return shared
        bar = st.progress(0.0, "Starting TensorFlow")
        try:
            if options.bundle:
                recommenders = load_all(find_bundles(options.bundle), bar.progress)
            else:
                from tfrecs.app.demo import train_demo

                recommenders = train_demo(bar.progress)
        finally:
            bar.empty()
        models, notes = compared_models(recommenders)
        shared.catalogue = catalogue_of(models[0].train, options)
        shared.models, shared.notes = models, notes
        # Streamlit collects garbage after each run, and would visit TensorFlow's
        # million objects at each move of a slider.
        gc.freeze()
    return shared
