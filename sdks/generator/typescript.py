"""The JavaScript SDK's types and resources, in TypeScript."""

from __future__ import annotations

from collections.abc import Mapping

from sdks.generator.document import Document, Field, Model, Operation, Type

_SCALARS = {
    "string": "string",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "datetime": "string",
    "any": "unknown",
}
_HEAD = "// Made from the OpenAPI document by `make sdks`; edit the generator, not this.\n"
_IMPORTS = """
import type { PagePromise } from "../pages.js";
import { parted, pathOf, type Runner } from "../request.js";
import type { Options, Result } from "../types.js";
import type * as models from "./models.js";
"""


def files(document: Document) -> Mapping[str, str]:
    """The generated files, by their path in the package."""
    return {"src/generated/models.ts": _models(document), "src/generated/resources.ts": _resources(document)}


def annotation(kind: Type, *, models: str = "") -> str:
    """The TypeScript of a type; `models` is the prefix of a model's name."""
    items = kind.items or Type("any")
    match kind.kind:
        case "model":
            text = f"{models}{kind.name}"
        case "enum":
            text = " | ".join(f'"{value}"' for value in kind.values)
        case "array":
            inner = annotation(items, models=models)
            text = f"Array<{inner}>"
        case "object":
            text = f"Record<string, {annotation(items, models=models)}>"
        case scalar:
            text = _SCALARS[scalar]
    return f"{text} | null" if kind.nullable and text != "unknown" else text


def camel(name: str) -> str:
    """A name as JavaScript and PHP spell it."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def pascal(name: str) -> str:
    """A name as classes are spelt."""
    return "".join(word.capitalize() for word in name.split("_"))


def _models(document: Document) -> str:
    return "\n".join([_HEAD, *(_model(model) for model in document.models)])


def _model(model: Model) -> str:
    if model.is_given:
        fields = "".join(_given(each.name, annotation(each.type), each.required) for each in model.fields)
    else:
        fields = "".join(f"  {each.name}: {_tolerant(each.type)};\n" for each in model.fields)
    return f"/** {_told(model.told or model.name)} */\nexport interface {model.name} {{\n{fields}}}\n"


def _given(name: str, text: str, required: bool) -> str:  # noqa: FBT001
    given = text.replace("Array<", "ReadonlyArray<")
    # Undefined is not sent, whether the compiler tells it from what is missing (exactOptionalPropertyTypes) or not.
    return f"  {name}: {given};\n" if required else f"  {name}?: {given} | undefined;\n"


def _tolerant(kind: Type) -> str:
    """A value of an enumeration that a later API adds is still a text."""
    return annotation(Type("string", nullable=kind.nullable) if kind.kind == "enum" else kind)


def _resources(document: Document) -> str:
    parts = [_HEAD + _IMPORTS]
    resources = document.resources()
    for resource, operations in resources.items():
        parts += [_parameters(each) for each in operations if each.query or each.body]
        methods = "\n".join(_method(each) for each in operations)
        parts.append(
            f"/** {pascal(resource)}: {', '.join(camel(each.name) for each in operations)}. */\n"
            f"export class {pascal(resource)} {{\n  constructor(private readonly runner: Runner) {{}}\n\n{methods}}}\n"
        )
    attributes = "\n".join(f"  readonly {camel(name)}: {pascal(name)};" for name in resources)
    made = "\n".join(f"    this.{camel(name)} = new {pascal(name)}(runner);" for name in resources)
    parts.append(
        "/** Every resource of the API. */\nexport class Resources {\n"
        f"{attributes}\n\n  constructor(runner: Runner) {{\n{made}\n  }}\n}}\n"
    )
    return "\n".join(parts)


def _parameters(operation: Operation) -> str:
    named = sorted([*operation.query, *operation.body], key=lambda each: not each.required)
    fields = "".join(_given(each.name, _input(each, operation), each.required) for each in named)
    return f"export interface {_parameters_name(operation)} {{\n{fields}}}\n"


def _parameters_name(operation: Operation) -> str:
    return f"{pascal(operation.resource)}{pascal(operation.name)}Params"


def _input(field: Field, operation: Operation) -> str:
    in_query = field in operation.query
    if in_query and field.name in {"fields", "include", "sort"}:
        return "string | readonly string[]"
    text = annotation(field.type, models="models.")
    return (
        f"{text} | Date"
        if field.type.kind == "datetime" or (in_query and field.name.endswith(("_after", "_before")))
        else text
    )


def _method(operation: Operation) -> str:
    arguments = [f"{camel(name)}: string" for name in operation.parameters]
    if operation.query or operation.body:
        needed = any(each.required for each in (*operation.query, *operation.body))
        arguments.append(f"params: {_parameters_name(operation)}{'' if needed else ' = {}'}")
    arguments.append("options: Options = {}")
    path = f'pathOf("{operation.path}"{"".join(f", {camel(name)}" for name in operation.parameters)})'
    content = _content(operation)
    call = f'{{ method: "{operation.method}", path: {path}, shape: "{operation.shape}"{content} }}'
    run = "page" if operation.shape == "list" else "run"
    return (
        f"  /** {_told(operation.told)} */\n"
        f"  {camel(operation.name)}({', '.join(arguments)}): {_returned(operation)} {{\n"
        f"    return this.runner.{run}({call}, options);\n  }}\n"
    )


def _content(operation: Operation) -> str:
    """Where the parameters go: into the query or the body, or, where an operation has both, each into its own."""
    if operation.query and operation.body:
        names = ", ".join(f'"{each.name}"' for each in operation.query)
        return f", ...parted(params, [{names}])"
    if operation.query:
        return ", query: { ...params }"
    return ", body: { ...params }" if operation.body else ""


def _returned(operation: Operation) -> str:
    if operation.answer is None:
        return "Promise<void>"
    answer = annotation(operation.answer, models="models.")
    return f"PagePromise<{answer}>" if operation.shape == "list" else f"Promise<Result<{answer}>>"


def _told(text: str) -> str:
    return f"{text.replace('*/', '').strip().splitlines()[0].rstrip('.')}."
