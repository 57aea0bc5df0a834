"""cookiecutter fills in the two texts below, and runs this in the new folder."""

import sys

sys.path.insert(0, r"{{ template }}")
from slipway.cookiecutter import write_project

write_project(r"""{{ cookiecutter | tojson }}""")
