"""`python -m engine.serve`: Rasa's server with our channels on loopback, from absolute paths.

Environment: XIAOER_ENGINE_TOKEN (needed), XIAOER_ENGINE_PORT (5005), XIAOER_ACTIONS_URL, XIAOER_TRACKER_DB, XIAOER_HOME.
Exit codes: 2 something is missing or unusable (one line says what and the remedy), otherwise the server's own.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import socket
import sys
import warnings
from pathlib import Path

import yaml

from engine import model_files, paths
from engine.masking.logs import install as mask_logs

INTERFACE = "127.0.0.1"
PORT = 5005
UNUSABLE = 2


def problem(model: Path | None, interface: str, port: int) -> str:
    """Why the engine cannot start, with the remedy; empty when it can."""
    if not os.environ.get("XIAOER_ENGINE_TOKEN"):
        return "XIAOER_ENGINE_TOKEN is not set; the launcher makes one, or set any long random text"
    if model is None or not model.exists():
        return f"there is no model{'' if model is None else ' ' + str(model)}: run `make train`"
    why = model_files.damage(model)
    if why:
        return f"the model {model.name} is corrupt ({why}): delete it and run `make train`"
    why = without_encoder(paths.CONFIG)
    if why:
        return why
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((interface, port))
        except OSError as error:
            return f"port {port} of {interface} cannot be used ({error.strerror}): stop what listens there or set XIAOER_ENGINE_PORT"
    return ""


def without_encoder(config: Path) -> str:
    """What is missing for the encoder that the configuration names, with its remedy; nothing when all is there."""
    from engine.nlu import embedding

    for entry in yaml.safe_load(config.read_text("utf-8"))["pipeline"]:
        if str(entry["name"]).endswith("SentenceFeaturizer"):
            try:
                embedding.use(str(entry.get("encoder", embedding.E5)))
            except embedding.EncoderMissing as problem:
                return str(problem)
    return ""


def serve(model: Path, interface: str, port: int) -> None:
    """Run Rasa's server until it is stopped."""
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    from rasa.core import run
    from rasa.core.agent import Agent
    from rasa.core.utils import AvailableEndpoints
    from rasa.utils.log_utils import configure_structlog
    from sanic import Sanic

    level = logging.getLevelName(os.environ["LOG_LEVEL"].upper())
    configure_structlog(level)
    logging.getLogger("rasa").setLevel(level)

    async def stop_without_model(app: Sanic, _: object) -> None:
        agent: Agent | None = getattr(app.ctx, "agent", None)
        if agent is None or not agent.is_ready():
            # Rasa logs the cause and would serve on with nothing in it.
            raise RuntimeError(f"the model {model.name} could not be loaded; delete it and run `make train`")

    run.serve_application(
        model_path=str(model),
        interface=interface,
        port=port,
        credentials=str(paths.CREDENTIALS),
        endpoints=AvailableEndpoints.read_endpoints(str(paths.ENDPOINTS)),
        auth_token=os.environ["XIAOER_ENGINE_TOKEN"],
        enable_api=True,
        server_listeners=[(stop_without_model, "after_server_start")],
    )


def main(arguments: list[str] | None = None) -> int:
    """Command line; see the module's text."""
    # Two million objects are made at the start and none of them goes: the collector would look at all of them again and again. It begins
    # when the channel is warm (engine/channel.py).
    gc.disable()
    mask_logs()
    paths.set_defaults()
    parser = argparse.ArgumentParser(prog="python -m engine.serve", description=__doc__)
    parser.add_argument("--model", type=Path, default=None, help="archive to serve; by default the newest of models/")
    parser.add_argument("--interface", default=INTERFACE)
    parser.add_argument("--port", type=int, default=int(os.environ.get("XIAOER_ENGINE_PORT") or PORT))
    options = parser.parse_args(arguments)
    model = options.model or model_files.newest()
    why = problem(model, options.interface, options.port)
    if why or model is None:
        print(f"engine: {why}", file=sys.stderr)
        return UNUSABLE
    try:
        serve(model, options.interface, options.port)
    except Exception as error:  # one readable line for the launcher; the log above it has the rest
        logging.getLogger(__name__).exception("the engine stopped")
        print(f"engine: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
