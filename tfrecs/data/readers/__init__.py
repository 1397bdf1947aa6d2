"""Readers of the user's own files, by format: CSV, Parquet, JSON lines and others."""

from tfrecs.data.readers._form import Form as Form
from tfrecs.data.readers._formats import FORMATS as FORMATS
from tfrecs.data.readers._formats import read_frame as read_frame
from tfrecs.data.readers._interactions import Malformed as Malformed
from tfrecs.data.readers._interactions import read_interactions as read_interactions
from tfrecs.data.readers._interactions import read_leniently as read_leniently
from tfrecs.data.readers._interactions import read_test as read_test
from tfrecs.data.readers._options import FileOptions as FileOptions
from tfrecs.data.readers._shape import split_strictly as split_strictly
from tfrecs.data.readers._table import MalformedRows as MalformedRows
