"""What is in force for the suite of a data directory: its settings, its keys, and what `atrium up` sets for it."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from dotenv import dotenv_values

from atrium_common.jsontypes import JSONMapping
from atrium_common.settings import Settings
from atrium_local import data_directory
from atrium_local.data_directory import DataDirectory, given_secrets
from atrium_local.fitness import check_keys
from atrium_local.options import settings_of

S = TypeVar("S", bound=Settings)
_PREFIX = "ATRIUM_"
_NO_SETTINGS = frozenset(
    f"{_PREFIX}{name}"
    for name in ("API_KEY", "URL", "BASE_URL", "WEBHOOK_SECRET", "PARENT_FD", "GATEWAY_PRINCIPAL_KEYS",
                 "SERVICE_PRINCIPAL_KEYS")
)  # fmt: skip
"""What our commands, SDKs and compose file read beside the settings."""
_OF_TESTS = tuple(f"{_PREFIX}{name}_" for name in ("TEST", "FUZZ", "BENCH", "CHAOS"))


def note(directory: DataDirectory, given: JSONMapping) -> None:
    """Keep what `up` sets for its services, by the names of settings; no secrets."""
    data_directory.note(_noted(directory), given)


def in_force(model: type[S], data_dir: Path | None) -> S:
    """The settings as processes of the data directory's suite have them; where there is none, as they are given.

    Raises:
        ValueError: keys are malformed; the text names their setting.
        typer.Exit: another setting is malformed.
    """
    settings = settings_of(model, data_dir=data_dir)
    directory = DataDirectory(settings.data_dir.resolve())
    secrets = directory.secrets(settings) if directory.is_one() else given_secrets(settings)
    check_keys(secrets)
    if not directory.is_one():
        return settings
    noted = data_directory.noted(_noted(directory))
    known: dict[str, object] = {name: value for name, value in noted.items() if name not in settings.model_fields_set}
    known |= {name.removeprefix(_PREFIX).lower(): value for name, value in secrets.items()}
    return settings_of(model, **{"data_dir": data_dir, **known})


def unknown_names(fields: Iterable[str]) -> list[str]:
    """A line for each variable, and each name in `.env` and `atrium.toml`, that looks like a setting and is none."""
    fields = list(fields)
    variables = [f"{_PREFIX}{name.upper()}" for name in fields]
    told = [_told(name, variables, "") for name in sorted({name.upper() for name in os.environ})]
    told += [_told(name.upper(), variables, ".env: ") for name in dotenv_values(".env", interpolate=False)]
    file = Path("atrium.toml")
    if file.exists():
        names = tomllib.loads(file.read_text())
        told += [f"atrium.toml: {_is_none(name, fields)}" for name in names if name not in fields]
    return [line for line in told if line]


def _told(name: str, variables: list[str], where: str) -> str:
    ours = name.startswith(_PREFIX) and not name.startswith(_OF_TESTS)
    return f"{where}{_is_none(name, variables)}" if ours and name not in _NO_SETTINGS.union(variables) else ""


def _is_none(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"{name} is no setting and is ignored{f': is {close[0]} meant?' if close else ''}"


def _noted(directory: DataDirectory) -> Path:
    return directory.path / "run" / "settings.json"
