"""`python3 -m launch [run|install|train|publish|reseed|backup|restore|test-deps]`: what the Makefile calls."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from launch import backup, database, environments, home, model, publish, restore, system_packages
from launch.errors import LaunchError
from launch.product import Product
from launch.progress import Progress
from launch.settings import Settings


class _Interrupted(Exception):
    """Ctrl-C or a termination signal arrived while something was being prepared."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0 done or stopped by the operator, 1 with a reason when something failed."""
    parser = argparse.ArgumentParser(prog="python3 -m launch", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("run", help="install, train, seed as needed; start everything; stop on Ctrl-C (the default)")
    commands.add_parser("install", help="make both Python environments from their lock files")
    train = commands.add_parser("train", help="train a model when the data is newer than the newest one")
    train.add_argument("--force", action="store_true", help="train even if the model is current")
    put = commands.add_parser("publish", help="put this checkout live as it is, also while the product runs")
    put.add_argument("--why", default="", help="the reason, kept with the release")
    commands.add_parser("reseed", help="make the demonstration shop's data young again")
    kept = commands.add_parser("backup", help="write everything the installation holds into one file, also while it runs")
    kept.add_argument("--into", type=Path, default=None, help="folder of the backups (by default backups/ in XIAOER_HOME)")
    kept.add_argument("--without-secrets", action="store_true", help="leave the secrets of this installation out")
    back = commands.add_parser("restore", help="put a backup back; what is there now is set aside")
    back.add_argument("file", type=Path, help="a file that `make backup` wrote")
    commands.add_parser("test-deps", help="install the system packages that tests need")
    chosen = parser.parse_args(arguments)
    if sys.version_info < (3, 9):  # noqa: UP036 - the launcher runs under the machine's python3, before ours exists
        print("xiaoer: the launcher needs python3 of version 3.9 or newer; make it the first python3 on PATH", file=sys.stderr)
        return 1
    progress = Progress()
    try:
        return _COMMANDS[chosen.command or "run"](progress, chosen)
    except LaunchError as error:
        print(error.report(), file=sys.stderr)
        return 1
    except (KeyboardInterrupt, _Interrupted):
        print("xiaoer: stopped", file=sys.stderr)
        return 130


def _run(progress: Progress, _: argparse.Namespace) -> int:
    stop = threading.Event()
    ready = threading.Event()

    def on_signal(number: int, _frame: FrameType | None) -> None:
        first = not stop.is_set()
        stop.set()
        # While preparing, what is under way must be interrupted; once ready, watch() sees the event. Only the first
        # signal does: a second one must not cut the stopping short and leave processes behind.
        if first and not ready.is_set():
            raise _Interrupted

    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGHUP, on_signal)

    progress.say("Xiaoer is being started (Ctrl-C stops it)")
    product = Product(Settings.from_env(), progress)
    product.prepare()
    with home.at_work(product.settings.home):
        try:
            product.start()
            ready.set()
            home.note_run(product.settings.home)
            _print_addresses(product, database.first_admin(product.env))
            product.watch(stop)
        finally:
            if any(process.running for process in product.processes.values()):
                with progress.step("stopping"):
                    product.stop()
    return 0


def _print_addresses(product: Product, admin: tuple[str, str] | None) -> None:
    base = product.base_url
    print(f"\nXiaoer is ready.\n  demonstration shop   {base}/\n  API description      {base}/api/v1/openapi.json")
    if admin is not None:
        print(f"  staff log-in         {admin[0]}   one-time password: {admin[1]}   (told this once; to be changed at the first log-in)")
    print(f"  data and logs        {product.home}\n", flush=True)


def _install(progress: Progress, _: argparse.Namespace) -> int:
    if not environments.install(progress):
        progress.say("both environments are current")
    return 0


def _train(progress: Progress, chosen: argparse.Namespace) -> int:
    settings = Settings.from_env()
    if not model.ensure(progress, settings.environment(), settings.logs / "train.log", force=chosen.force):
        progress.say("the model is current")
    return 0


def _publish(progress: Progress, chosen: argparse.Namespace) -> int:
    settings = Settings.from_env()
    with home.at_work(settings.home):
        print(publish.publish(progress, settings, settings.environment(), chosen.why))
    return 0


def _reseed(progress: Progress, _: argparse.Namespace) -> int:
    settings = Settings.from_env()
    with progress.step("making the demonstration data young again"):
        database.migrate_and_seed(settings.environment(), settings.logs / "seed.log", fresh=True)
    return 0


def _backup(progress: Progress, chosen: argparse.Namespace) -> int:
    settings = Settings.from_env()
    with home.at_work(settings.home):
        file = backup.make(progress, settings, settings.environment(), into=chosen.into, secrets=not chosen.without_secrets)
    print(f"{file}  ({file.stat().st_size / 1e6:.1f} MB, verified)")
    return 0


def _restore(progress: Progress, chosen: argparse.Namespace) -> int:
    settings = Settings.from_env()
    with home.at_work(settings.home, alone=True):
        aside = restore.restore(progress, settings, settings.environment(), chosen.file)
    print(f"{chosen.file} is back; what was there before is in {aside}\nstart with: make run")
    return 0


def _test_deps(progress: Progress, _: argparse.Namespace) -> int:
    system_packages.install_missing(progress)
    return 0


_COMMANDS = {
    "run": _run,
    "install": _install,
    "train": _train,
    "publish": _publish,
    "reseed": _reseed,
    "backup": _backup,
    "restore": _restore,
    "test-deps": _test_deps,
}

if __name__ == "__main__":
    sys.exit(main())
