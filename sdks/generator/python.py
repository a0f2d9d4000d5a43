"""The Python SDK's models and resources."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from sdks.generator.document import Document, Field, Model, Operation, Type

_SCALARS = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "datetime": "datetime",
    "any": "Any",
}
_KEYWORDS = {"from", "class", "global", "in", "is"}
_HEAD = '''"""Made from the OpenAPI document by `make sdks`; edit the generator, not this."""

from __future__ import annotations
'''
_MODEL_IMPORTS = """
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from atrium_sdk._model import Model, absent, hidden
"""
_RESOURCE_IMPORTS = """
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol, cast

from atrium_sdk import models
from atrium_sdk._omit import OMIT, Omit
from atrium_sdk._options import Options
from atrium_sdk._pages import {page}
from atrium_sdk._request import Request, given, path_of


class _Runner(Protocol):
    {sync}def run(self, request: Request, options: Options | None = None) -> Any: ...
"""


def files(document: Document) -> Mapping[str, str]:
    """The generated files, by their path in the package."""
    return {
        "models.py": _models(document),
        "_resources.py": _resources(document, is_async=False),
        "_async_resources.py": _resources(document, is_async=True),
    }


def annotation(kind: Type, *, models: str = "") -> str:
    """The annotation of a type; `models` is the prefix of a model's name.

    Arrays are `Sequence`: a resource has a method `list`, which hides the builtin.
    """
    if kind.kind == "model":
        text = f"{models}{kind.name}"
    elif kind.kind == "enum":
        text = f"Literal[{', '.join(repr(value) for value in kind.values)}]".replace("'", '"')
    elif kind.kind == "array":
        text = f"Sequence[{annotation(kind.items or Type('any'), models=models)}]"
    elif kind.kind == "object":
        text = f"dict[str, {annotation(kind.items or Type('any'), models=models)}]"
    else:
        text = _SCALARS[kind.kind]
    return f"{text} | None" if kind.nullable and text != "Any" else text


def _models(document: Document) -> str:
    return "\n".join([_HEAD, _MODEL_IMPORTS, *(_model(model) for model in document.models)])


def _model(model: Model) -> str:
    told = _docstring(model.told or model.name, indent=4)
    head = f"\n@dataclass(frozen=True, kw_only=True)\nclass {model.name}(Model):\n    {told}\n\n"
    return head + "".join(
        f"    {_safe(each.name)}: {_tolerant(each.type)} = {'hidden' if each.is_secret else 'absent'}()\n"
        for each in model.fields
    )


def _tolerant(kind: Type) -> str:
    """A value of an enumeration that a later API adds is still a text."""
    return annotation(Type("string", nullable=kind.nullable) if kind.kind == "enum" else kind)


def _resources(document: Document, *, is_async: bool) -> str:
    prefix, page = ("Async", "AsyncPage") if is_async else ("", "Page")
    parts = [_HEAD, _RESOURCE_IMPORTS.format(page=page, sync=_async(is_async))]
    resources = document.resources()
    for resource, operations in resources.items():
        listed = ", ".join(each.name for each in operations)
        told = _docstring(f"{_class(resource)}: {listed}", indent=4)
        parts.append(f"\nclass {prefix}{_class(resource)}:\n    {told}\n")
        parts.append("    def __init__(self, runner: _Runner) -> None:\n        self._runner = runner\n")
        parts += [_method(each, page=page, is_async=is_async) for each in operations]
    parts.append(f'\nclass {prefix}Resources:\n    """Every resource of the API."""\n')
    parts.append("    def __init__(self, runner: _Runner) -> None:")
    parts += [f"        self.{name} = {prefix}{_class(name)}(runner)" for name in resources]
    return "\n".join([*parts, ""])


def _method(operation: Operation, *, page: str, is_async: bool) -> str:
    arguments = ["self", *(f"{name}: str" for name in operation.parameters)]
    named = [*operation.query, *operation.body]
    keywords = [
        _argument(each, in_query=each in operation.query) for each in sorted(named, key=lambda each: not each.required)
    ]
    arguments += ["*", *keywords, "options: Options | None = None"]
    answer = _answer(operation, page)
    path = f'path_of("{operation.path}"{"".join(f", {name}={name}" for name in operation.parameters)})'
    kind = "None" if operation.answer is None else f"cast(Any, {annotation(operation.answer, models='models.')})"
    request = f'Request("{operation.method}", {path}, {kind}, "{operation.shape}"{_content(operation)})'
    call = f"{'await ' if is_async else ''}self._runner.run({request}, options)"
    end = call if operation.shape == "nothing" else f'return cast("{answer}", {call})'
    return (
        f"    {_async(is_async)}def {operation.name}({', '.join(arguments)}) -> {answer}:\n"
        f"        {_docstring(operation.told)}\n        {end}\n"
    )


def _content(operation: Operation) -> str:
    text = ""
    if operation.query:
        text += f", query={_given(operation.query)}"
    if operation.body:
        text += f", body={_given(operation.body)}"
    return text


def _given(fields: tuple[Field, ...]) -> str:
    plain = ", ".join(f"{each.name}={each.name}" for each in fields if each.name not in _KEYWORDS)
    odd = ", ".join(f'"{each.name}": {_safe(each.name)}' for each in fields if each.name in _KEYWORDS)
    return f"given({plain}{', ' if plain and odd else ''}{f'**{{{odd}}}' if odd else ''})"


def _argument(field: Field, *, in_query: bool) -> str:
    text = annotation(_input(field.type), models="models.").replace("dict[", "Mapping[")
    if in_query and field.name in {"fields", "include", "sort"}:
        text = "str | Sequence[str]"
    if in_query and field.name.endswith(("_after", "_before", "since", "until", "as_of")):
        text = "datetime | str"
    if field.required:
        return f"{_safe(field.name)}: {text}"
    # None stands last in a union.
    plain = text.removesuffix(" | None")
    return f"{_safe(field.name)}: {plain} | Omit{' | None' if plain != text else ''} = OMIT"


def _input(kind: Type) -> Type:
    """What may be given: a mapping for an object with fields of its own."""
    if kind.kind == "model":
        return Type("object", items=Type("any"), nullable=kind.nullable)
    if kind.kind == "array" and kind.items is not None:
        return Type("array", items=_input(kind.items), nullable=kind.nullable)
    return kind


def _answer(operation: Operation, page: str) -> str:
    if operation.answer is None:
        return "None"
    text = annotation(operation.answer, models="models.")
    return f"{page}[{text}]" if operation.shape == "list" else text


def _class(resource: str) -> str:
    return "".join(word.capitalize() for word in resource.split("_"))


def _safe(name: str) -> str:
    return f"{name}_" if name in _KEYWORDS else name


def _async(is_async: bool) -> str:  # noqa: FBT001
    return "async " if is_async else ""


def _docstring(text: str, *, indent: int = 8) -> str:
    """One sentence as a docstring, broken where it is long."""
    sentence = f"{text.replace(chr(92), ' ').strip().splitlines()[0].rstrip('.')}."
    lines = textwrap.wrap(sentence, 104)
    end = [""] if len(lines) > 1 else []
    margin = "\n" + " " * indent
    return f'"""{margin.join([*lines, *end])}"""'
