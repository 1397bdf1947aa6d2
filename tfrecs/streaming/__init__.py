"""Learning from a stream: each event is predicted first, and learned second.

An `IncrementalRecommender` holds an `EventLog` and a learner that scores items.
`prequential` evaluates its recommendations before each event. A new
learner is a file and a line in `LEARNERS`; see `Learner`.
"""

from tfrecs.streaming.event_log import EventLog, Forgetting
from tfrecs.streaming.events import Event, events_of
from tfrecs.streaming.isgd import Isgd
from tfrecs.streaming.item_item import ItemItem
from tfrecs.streaming.learners import LEARNERS, Learner
from tfrecs.streaming.one_step import OneStep
from tfrecs.streaming.popular import Popular
from tfrecs.streaming.prequential import STREAM_METRICS, Prequential, prequential
from tfrecs.streaming.ranking_sgd import RankingSgd
from tfrecs.streaming.recommender import CONFIDENCES, IncrementalRecommender
from tfrecs.streaming.ridge import Ridge
from tfrecs.streaming.state_file import load, save

__all__ = [
    "CONFIDENCES",
    "LEARNERS",
    "STREAM_METRICS",
    "Event",
    "EventLog",
    "Forgetting",
    "IncrementalRecommender",
    "Isgd",
    "ItemItem",
    "Learner",
    "OneStep",
    "Popular",
    "Prequential",
    "RankingSgd",
    "Ridge",
    "events_of",
    "load",
    "prequential",
    "save",
]
