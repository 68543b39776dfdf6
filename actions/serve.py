"""The action server: ``python -m actions.serve [--port 5055]``, on loopback unless ``SANIC_HOST`` says otherwise.

rasa-sdk's own application, one process, without reloading; it needs no rights from the network.
"""

from __future__ import annotations

import argparse
import logging
import os
import warnings
from functools import partial
from typing import Any

from rasa_sdk import utils as sdk_utils
from rasa_sdk.endpoint import create_app
from sanic import Sanic
from sanic.worker.loader import AppLoader

from actions import warm
from actions.explain import Executor
from policy.masking.logs import install as mask_logs


def make_app() -> Sanic[Any, Any]:
    """The server with every action of this package registered."""
    executor = Executor()
    executor.register_package("actions")
    # rasa-sdk warns on every call that the engine is 3.6; the pair is ours on purpose and tested together.
    sdk_utils.check_version_compatibility = lambda _version: None
    app: Sanic[Any, Any] = create_app(executor)
    app.config.KEEP_ALIVE_TIMEOUT = 120
    app.config.ACCESS_LOG = False
    return app


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(prog="actions.serve")
    parser.add_argument("--port", type=int, default=5055)
    port = parser.parse_args().port
    mask_logs()
    logging.basicConfig(level=os.environ.get("XIAOER_LOG_LEVEL", "INFO"), format="%(asctime)s %(levelname)s %(name)s %(message)s")
    warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"sanic.*")
    loader = AppLoader(factory=partial(make_app))
    app = loader.load()
    app.prepare(host=os.environ.get("SANIC_HOST", "127.0.0.1"), port=port, single_process=True, motd=False, access_log=False)
    warm.begin(then=warm.settle)
    Sanic.serve_single(primary=app)


if __name__ == "__main__":
    main()
