"""Fixtures that every folder of tests shares: the running product, started once a session and only when asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

import launch.product
import launch.switch
from launch.errors import LaunchError
from launch.product import Product
from launch.progress import Progress
from launch.settings import Settings

# A working Wednesday at noon in Shanghai: opening hours, shipping cut-offs and working days are then the same in every run.
NOON = "2026-11-18T12:00:00+08:00"

# How long an example takes, or the making of one, is the machine's matter: it has other work, too.
# The examples are the same in every run, so that none fails by chance; `pytest --hypothesis-profile=search` looks for others.
settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("xiaoer", settings.get_profile("search"), derandomize=True)
settings.load_profile("xiaoer")

# So is how long an engine takes to start: two halves of the suite, and perhaps other work, start theirs at the same time.
launch.product.READY_SECONDS = launch.switch.WARM_SECONDS = 600.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What asks for the product is live, whether its author said so or not; and it may take as long as a start does.

    What drives a page step by step ends by the waiting of its steps; in all they may take long on a machine that has other work.
    """
    for item in items:
        if {"product", "live_url"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.live)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(900))
        if "browser" in getattr(item, "fixturenames", ()) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(400))


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Engine, actions and gateway on free ports with a home of their own; trained first when the model is not current.

    It offers `base_url`, `engine_url`, `engine_token`, `identity_secret`, `home`, `env`, `processes`, `kill(name)` and
    `restart(name)`. Rates are not limited (thousands of tests speak from one machine), and each talk may name a client address
    of its own, so that wrong digits in one test block nobody in another.
    """
    home = tmp_path_factory.mktemp("home")
    settings = Settings.for_test(
        home, XIAOER_TRACE_TO_SHOPPER="1", XIAOER_RATE_FACTOR="10000", XIAOER_NOW=NOON, XIAOER_TRUSTED_PROXIES="127.0.0.1"
    )
    started = Product(settings, Progress(quiet=True))
    try:
        started.prepare(install=False)
        started.start()
    except LaunchError as error:
        pytest.exit(error.report(), returncode=1)
    try:
        yield started
    finally:
        started.stop()


@pytest.fixture
def live_url(product: Product) -> str:
    """The gateway's address."""
    return product.base_url
