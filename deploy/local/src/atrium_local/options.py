"""What every command shares: its common flags, the settings that they go before, and how a command fails."""

from __future__ import annotations

import contextlib
import errno
import os
import tomllib
from collections.abc import Awaitable, Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.text import Text

from atrium_common.parent import tell_unfit
from atrium_common.settings import Settings, faults_of
from atrium_local.data_directory import DataDirectory, DirectoryInUse, given_secrets

S = TypeVar("S", bound=Settings)
R = TypeVar("R")


def _directory(text: str) -> Path:
    if not text:
        raise typer.BadParameter("it is empty: name a directory")
    if (path := Path(text)).is_file():
        raise typer.BadParameter(f"{text} is a file: name a directory")
    return path


DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        envvar="ATRIUM_DATA_DIR",
        parser=_directory,
        metavar="<dir>",
        help="Where stores, secrets and ports are kept [.atrium]",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="For machines")]


def _http(url: str | None) -> str | None:
    if url and not url.startswith(("http://", "https://")):
        raise typer.BadParameter("a URL begins with http:// or https://, like http://127.0.0.1:8080")
    return url


Url = Annotated[
    str | None,
    typer.Option("--url", envvar="ATRIUM_URL", callback=_http, help="The gateway's URL [of the suite that runs here]"),
]
DEFAULT_URL = "http://127.0.0.1:8080"

_ADVICE = {
    errno.EACCES: ": run this as the user whom the data directory belongs to, or give another --data-dir",
    errno.EPERM: ": run this as the user whom the data directory belongs to, or give another --data-dir",
    errno.ENOENT: ": it can't be made or read there; is the path right?",
    errno.ENOSPC: ": make room, then try again",
    errno.EROFS: ": give a --data-dir where files can be written",
}

UNREAD = 141
"""How a command ends whose output nobody reads any more: as the shell says of one that SIGPIPE ended."""


class _Console(Console):
    """Ends the command without a word where nobody reads on."""

    def on_broken_pipe(self) -> None:
        leave_unread()


console = _Console(highlight=False, soft_wrap=True)


class Failed(Exception):
    """The command can't do what it was asked; the text says why and what to do."""


def settings_of(model: type[S], **flags: object) -> S:
    """The settings in force: flags that were given, then `ATRIUM_…` variables, then `.env` and `atrium.toml`.

    Raises:
        typer.Exit: a setting is malformed, with 2.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    try:
        return model(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        faults = faults_of(error)
        for fault in faults:
            _say(fault)
        tell_unfit("; ".join(faults))
        raise typer.Exit(2) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        _say(f"atrium.toml or .env can't be read: {error}")
        raise typer.Exit(2) from None


@contextlib.contextmanager
def holding() -> Iterator[None]:
    """What a command uses is held until it has ended."""
    with contextlib.ExitStack() as stack:
        before = _held.set(stack)
        try:
            yield
        finally:
            _held.reset(before)


_held = ContextVar("_held", default=contextlib.ExitStack())  # noqa: B039 (one for the process)


def joined(settings: Settings, *, create: bool | None = None, share: bool = True) -> DataDirectory:
    """The data directory, its keys and ports made known to this process where no setting gives others.

    Where there is none, one is made with `create`, and with False only where the settings give all keys.
    It is held, with others, until the command has ended; where it is not to be shared, the caller holds it.

    Raises:
        Failed: there is none, and none is to be made: that needs `create`, or keys for it from the settings.
        PartLost: a part of it is lost.
    """
    from atrium_local.remembered import refuse_lost_parts

    directory = DataDirectory(settings.data_dir.resolve())
    local = settings.mongodb_url is None
    if not directory.is_one():
        refuse_lost_parts(directory.path, settings)
        keys_given = create is not None and all(given_secrets(settings).values())
        if local and not create and not keys_given:
            raise Failed(f"{settings.data_dir} is no data directory: start `atrium up` first, or give --data-dir")
        if local and not keys_given:
            _say(f"{directory.path} was no data directory: a new installation begins there")
    if local or directory.is_one():
        if share:
            _held.get().enter_context(directory.shared())
        refuse_lost_parts(directory.path, settings)
        os.environ.update(directory.secrets(settings))
    for name, port in directory.known_ports().items():
        if "." not in name:
            os.environ.setdefault(f"ATRIUM_{name.upper()}_URL", f"http://127.0.0.1:{port}")
    return directory


def prepared(
    model: type[S], *, create: bool | None = None, share: bool = True, **flags: object
) -> tuple[S, DataDirectory]:
    """The settings with the keys and ports of their data directory in them, and that directory."""
    directory = run(lambda: joined(settings_of(model, **flags), create=create, share=share))
    return settings_of(model, **flags), directory


def run(action: Callable[[], R], *, unfit: int = 1) -> R:
    """Run a command's work; what it raises becomes a word and an exit code.

    Raises:
        typer.Exit: it failed, with 1, or as `unfit` says.
    """
    from atrium_common.bus.ports import BusUnavailable
    from atrium_common.store.ports import StoreUnavailable

    try:
        return action()
    except (Failed, DirectoryInUse, StoreUnavailable, BusUnavailable, ValueError, OSError) as error:
        fail(words(error), code=unfit)


def words(error: Exception) -> str:
    """What an error says, without the system's number of it, and what can be done where the system refuses a file."""
    if not isinstance(error, OSError) or not error.strerror:
        return str(error)
    where = "" if error.filename is None else f"{error.filename}: "
    return f"{where}{error.strerror}{_ADVICE.get(error.errno or 0, '')}"


def run_async(work: Callable[[], Awaitable[R]]) -> R:
    """`run` for work that is asynchronous."""
    import asyncio

    async def main() -> R:
        return await work()

    return run(lambda: asyncio.run(main()))


def print_line(value: object) -> None:
    """Print a line for machines."""
    import orjson

    try:
        print(orjson.dumps(value).decode(), flush=True)
    except BrokenPipeError:
        leave_unread()


def leave_unread() -> NoReturn:
    """End without a word: nobody reads what is printed."""
    # What is still held for the output would fail again at the very end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    raise SystemExit(UNREAD)


def fail(message: str, *, code: int = 1) -> NoReturn:
    """Say why and end with this code: 1 failed, 2 wrong usage."""
    _say(message)
    raise typer.Exit(code)


def warn(message: str) -> None:
    """Tell something on standard error, and go on."""
    _say(message)


def _say(message: str) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(Text("atrium:", style="red"), Text(message))
