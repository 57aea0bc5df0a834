"""cookiecutter fills in the two texts below, and runs this in the new folder: the project moves in."""

import sys

sys.path.insert(0, r"{{ template }}")
from slipway.cookiecutter import move_in

move_in(r"""{{ cookiecutter | tojson }}""")
