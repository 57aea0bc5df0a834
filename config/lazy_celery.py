"""Make the site's Celery app the current one in every process, without importing Celery in those that don't use it.

Celery's documentation imports the app in `config/__init__.py`, so that `@shared_task` finds it. That import costs a web
process about 80 ms and 6 MB, and the health check of a container imports this package too. So `config.celery` is
imported as soon as anything imports `celery`.
"""

import sys
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from typing import Any


class CeleryFinder(MetaPathFinder):
    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if fullname != "celery":
            return None
        sys.meta_path.remove(self)
        spec = find_spec("celery")
        if spec and spec.loader:
            execute = spec.loader.exec_module

            def execute_and_load_app(module: Any) -> None:
                execute(module)
                import_module("config.celery")

            spec.loader.exec_module = execute_and_load_app  # type: ignore[method-assign]
        return spec


if "celery" not in sys.modules:
    sys.meta_path.insert(0, CeleryFinder())
else:
    import_module("config.celery")
