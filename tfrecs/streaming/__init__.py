"""Learning from a stream: each event is predicted first, and learned second.

An `IncrementalRecommender` holds an `EventLog` and a learner that scores items.
`prequential` evaluates its recommendations before each event. A new
learner is a file and a line in `LEARNERS`; see `Learner`.
"""

from tfrecs.streaming.event_log import EventLog as EventLog
from tfrecs.streaming.event_log import Forgetting as Forgetting
from tfrecs.streaming.events import Event as Event
from tfrecs.streaming.events import events_of as events_of
from tfrecs.streaming.history_scorer import HistoryScorer as HistoryScorer
from tfrecs.streaming.isgd import Isgd as Isgd
from tfrecs.streaming.item_item import ItemItem as ItemItem
from tfrecs.streaming.learners import LEARNERS as LEARNERS
from tfrecs.streaming.learners import Learner as Learner
from tfrecs.streaming.one_step import OneStep as OneStep
from tfrecs.streaming.popular import Popular as Popular
from tfrecs.streaming.prequential import STREAM_METRICS as STREAM_METRICS
from tfrecs.streaming.prequential import Prequential as Prequential
from tfrecs.streaming.prequential import prequential as prequential
from tfrecs.streaming.ranking_sgd import RankingSgd as RankingSgd
from tfrecs.streaming.recommender import CONFIDENCES as CONFIDENCES
from tfrecs.streaming.recommender import (
    IncrementalRecommender as IncrementalRecommender,
)
from tfrecs.streaming.ridge import Ridge as Ridge
from tfrecs.streaming.state_file import load as load
from tfrecs.streaming.state_file import save as save
