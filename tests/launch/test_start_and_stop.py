"""The operator starts the product, stops it, or one of its parts dies."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from launch import ports
from launch.errors import LaunchError
from launch.paths import ROOT
from launch.product import Product, get
from launch.progress import Progress
from launch.settings import Settings

HERE = Path(__file__).parent
SECONDS = 60.0  # for what takes one: the machine may have other work


@contextmanager
def launcher(home: Path, *broken: str, port: int | None = None, script: str = "run_with_fakes.py") -> Iterator[subprocess.Popen[str]]:
    """The launcher in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("XIAOER_")}
    environment |= {"XIAOER_HOME": str(home), "XIAOER_PORT": str(port or ports.free_port()), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, str(HERE / script), *broken], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        try:
            yield child
        finally:
            if child.poll() is None:
                child.kill()


def until_ready(child: subprocess.Popen[str]) -> str:
    """Read what the launcher prints up to its addresses; returns the address."""
    assert child.stdout is not None
    for line in child.stdout:
        found = re.search(r"http://127\.0\.0\.1:\d+/$", line.strip())
        if found:
            return found.group()
    assert child.stderr is not None
    raise AssertionError(f"never ready: {child.stderr.read()}")


def parts(child: subprocess.Popen[str]) -> dict[str, psutil.Process]:
    """The processes that the launcher started, by the port they were given."""
    return {found.cmdline()[2]: found for found in psutil.Process(child.pid).children()}


def test_prints_addresses_when_ready_and_stops_all_three_on_ctrl_c(tmp_path: Path) -> None:
    with launcher(tmp_path) as child:
        address = until_ready(child)
        assert get(address)[0] == 200
        started = list(parts(child).values())
        assert len(started) == 3
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=SECONDS)
    assert child.returncode == 0
    assert "stopping: done" in said
    psutil.wait_procs(started, timeout=SECONDS)
    assert not any(part.is_running() for part in started)


def test_a_part_that_dies_ends_the_product_with_its_name_and_reason(tmp_path: Path) -> None:
    with launcher(tmp_path) as child:
        until_ready(child)
        started = parts(child)
        public = psutil.Process(child.pid).environ()["XIAOER_PORT"]
        next(part for port, part in started.items() if port != public).kill()
        _, said = child.communicate(timeout=SECONDS)
    assert child.returncode == 1
    assert re.search(r"^xiaoer: (engine|actions) was ended by SIGKILL; all three were stopped$", said, re.M)
    assert "remedy:" in said
    assert "listening" in said, "the end of its log is shown"
    assert not any(part.is_running() for part in started.values())


def test_a_part_that_fails_at_start_shows_the_end_of_its_log(tmp_path: Path) -> None:
    with launcher(tmp_path, "actions") as child:
        _, said = child.communicate(timeout=SECONDS)
    assert child.returncode == 1
    assert "xiaoer: actions ended with exit code 3" in said
    assert "| the cupboard is bare" in said


def test_a_busy_public_port_names_who_holds_it(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = int(taken.getsockname()[1])
        with launcher(tmp_path, port=port) as child:
            _, said = child.communicate(timeout=SECONDS)
    assert child.returncode == 1
    assert f"xiaoer: port {port} is taken by pid {os.getpid()} (" in said
    assert f"XIAOER_PORT={port + 1} make run" in said


def test_busy_inner_ports_are_nobodys_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("launch.ports.is_free", lambda port, host=ports.LOOPBACK: port not in (5005, 5055))
    settings = Settings.from_env({"XIAOER_HOME": str(tmp_path)})
    assert settings.public_port == 8000
    assert settings.engine_port not in (5005, 5055)
    assert settings.actions_port not in (5005, 5055)


def test_one_part_restarts_where_it_listened(tmp_path: Path) -> None:
    settings = Settings.for_test(tmp_path)
    listening = {"engine": settings.engine_port, "actions": settings.actions_port, "gateway": settings.public_port}
    product = Product(
        settings, commands={name: [sys.executable, str(HERE / "fake_part.py"), str(port)] for name, port in listening.items()}
    )
    product.start(timeout=SECONDS)
    try:
        product.kill("engine")
        assert get(product.engine_url)[0] == 0
        with pytest.raises(LaunchError, match="engine was ended by SIGKILL"):
            product.raise_if_dead()
        product.restart("engine", timeout=SECONDS)
        limit = time.monotonic() + SECONDS
        while get(product.engine_url)[0] != 200 and time.monotonic() < limit:
            time.sleep(0.05)
        assert get(product.engine_url)[0] == 200
    finally:
        product.stop()


def test_a_part_that_ends_in_the_middle_of_an_answer_has_not_answered() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def half() -> None:
            talk, _ = server.accept()
            with talk:
                talk.recv(1000)
                talk.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")

        part = threading.Thread(target=half)
        part.start()
        assert get(f"http://127.0.0.1:{server.getsockname()[1]}/readyz")[0] == 0
        part.join()


@pytest.mark.parametrize("port", ["abc", "0", "70000"])
def test_a_port_that_is_none_is_named(port: str) -> None:
    with pytest.raises(LaunchError, match=f"XIAOER_PORT is '{port}'"):
        Settings.from_env({"XIAOER_PORT": port})


def test_progress_on_no_terminal_is_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress().step("counting"):
        pass
    said = capsys.readouterr().err
    assert re.fullmatch(r"  counting …\n  counting: done in \d+\.\d s\n", said)
    assert "\r" not in said
