"""Makes a new project of this one: `python -m slipway new ../mysite`, or cookiecutter. Needs nothing but Python."""

import sys

# cookiecutter may run on an older one than the project will.
if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit("This template needs Python 3.11 or newer, and was started with {}.{}.".format(*sys.version_info))
