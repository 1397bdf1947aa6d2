"""The script that Streamlit runs for each view, with the command line's arguments."""

import sys

from tfrecs.app.options import parse
from tfrecs.app.page import show

show(parse(sys.argv[1:]))
