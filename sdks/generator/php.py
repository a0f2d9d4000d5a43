"""The PHP SDK's models, resources and exceptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sdks.generator.codes import CODES, class_of
from sdks.generator.document import Document, Field, Model, Operation, Type
from sdks.generator.typescript import camel, pascal

_HEAD = """<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);
"""
_NATIVE = {
    "string": "string",
    "enum": "string",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "datetime": "\\DateTimeImmutable",
    "array": "array",
    "object": "array",
    "any": "mixed",
}
# A word of the language, which no class may be called.
_CLASSES = {"Namespace": "NamespaceObject"}
_DOCUMENTED = {**_NATIVE, "datetime": "\\DateTimeInterface|string"}


def files(document: Document) -> Mapping[str, str]:
    """The generated files, by their path in the package."""
    made = {f"src/Model/{_name(model.name)}.php": _model(model) for model in document.models}
    resources = document.resources()
    made |= {f"src/Resource/{pascal(name)}.php": _resource(name, operations) for name, operations in resources.items()}
    made |= {f"src/Exception/{class_of(code)}.php": _exception(code) for code in CODES}
    return made | {"src/Resources.php": _all(list(resources))}


def _model(model: Model) -> str:
    properties = "\n".join(
        f"{_var(each)}    public readonly {_property(each.type)} ${each.name};" for each in model.fields
    )
    fills = "\n".join(f"        $this->{each.name} = {_read(each)};" for each in model.fields)
    return (
        f"{_HEAD}\nnamespace Atrium\\SDK\\Model;\n\n/** {_told(model.told or model.name)} */\n"
        f"final class {_name(model.name)} extends \\Atrium\\SDK\\Model\n{{\n{properties}\n\n"
        f"    protected function fill(array $data): void\n    {{\n{fills}\n    }}\n}}\n"
    )


def _var(field: Field) -> str:
    items = field.type.items
    if field.type.kind == "array" and items is not None:
        return f"    /** @var null|list<{_documented(items)}> */\n"
    return ""


def _property(kind: Type) -> str:
    if kind.kind == "any":
        return "mixed"
    # A field that was not asked for (`fields`) is null.
    return f"?{_name(kind.name) if kind.kind == 'model' else _NATIVE[kind.kind]}"


def _read(field: Field) -> str:
    value = f"$data['{field.name}'] ?? null"
    kind = field.type
    if kind.kind == "datetime":
        return f"self::moment({value})"
    if kind.kind == "model":
        return f"self::object({_name(kind.name)}::class, {value})"
    if kind.kind == "array" and kind.items is not None and kind.items.kind == "model":
        return f"self::objects({_name(kind.items.name)}::class, {value})"
    return value


def _resource(name: str, operations: Sequence[Operation]) -> str:
    methods = "\n".join(_method(each) for each in operations)
    listed = ", ".join(camel(each.name) for each in operations)
    return (
        f"{_HEAD}\nnamespace Atrium\\SDK\\Resource;\n\nuse Atrium\\SDK\\{{Model, Options, Page, Request, Runner}};\n\n"
        f"/** {pascal(name)}: {listed}. */\nfinal class {pascal(name)}\n{{\n"
        f"    public function __construct(private readonly Runner $runner)\n    {{\n    }}\n\n{methods}}}\n"
    )


def _method(operation: Operation) -> str:
    arguments = [f"string ${camel(name)}" for name in operation.parameters]
    named = sorted([*operation.query, *operation.body], key=lambda each: not each.required)
    lines = [f"     * {_told(operation.told)}"]
    if named:
        # A body may have a secret, which a trace of an exception is not to show.
        hidden = "#[\\SensitiveParameter] " if operation.body else ""
        arguments.append(f"{hidden}array $params{'' if any(each.required for each in named) else ' = []'}")
        shape = ", ".join(f"{each.name}{'' if each.required else '?'}: {_taken(each, operation)}" for each in named)
        lines += ["     *", f"     * @param array{{{shape}}} $params"]
    arguments.append("?Options $options = null")
    lines += _returns(operation)
    values = "".join(f", ${camel(name)}" for name in operation.parameters)
    content = _content(operation)
    kind = (
        f"Model\\{_name(operation.answer.name)}::class"
        if operation.answer and operation.answer.kind == "model"
        else "null"
    )
    path = f"Request::path('{operation.path}'{values})"
    request = f"new Request('{operation.method}', {path}, '{operation.shape}', {kind}{content})"
    keyword = "" if operation.shape == "nothing" else "return "
    documented = "\n".join(lines)
    return (
        f"    /**\n{documented}\n     */\n"
        f"    public function {camel(operation.name)}({', '.join(arguments)}): {_native_return(operation)}\n    {{\n"
        f"        {keyword}$this->runner->run({request}, $options);\n    }}\n"
    )


def _content(operation: Operation) -> str:
    """Where the parameters go: into the query or the body, or, where an operation has both, each into its own."""
    if operation.query and operation.body:
        names = ", ".join(f"'{each.name}' => 1" for each in operation.query)
        own = f"[{names}]"
        text = f", query: array_intersect_key($params, {own}), body: array_diff_key($params, {own})"
    elif operation.query:
        text = ", query: $params"
    else:
        text = ", body: $params" if operation.body else ""
    objects = ", ".join(f"'{each.name}'" for each in operation.body if each.type.kind in {"object", "model"})
    return f"{text}, objects: [{objects}]" if objects else text


def _returns(operation: Operation) -> list[str]:
    if operation.shape == "list" and operation.answer is not None:
        item = f"Model\\{_name(operation.answer.name)}" if operation.answer.kind == "model" else "array"
        return ["     *", f"     * @return Page<{item}>"]
    return []


def _native_return(operation: Operation) -> str:
    if operation.shape == "nothing":
        return "void"
    if operation.shape == "list":
        return "Page"
    return (
        f"Model\\{_name(operation.answer.name)}" if operation.answer and operation.answer.kind == "model" else "mixed"
    )


def _taken(field: Field, operation: Operation) -> str:
    if field in operation.query and field.name in {"fields", "include", "sort"}:
        return "string|list<string>"
    if field in operation.query and field.name.endswith(("_after", "_before")):
        return _DOCUMENTED["datetime"]
    return _documented(field.type)


def _documented(kind: Type) -> str:
    if kind.kind == "enum":
        text = "|".join(f"'{value}'" for value in kind.values)
    elif kind.kind == "array":
        text = f"list<{_documented(kind.items or Type('any'))}>"
    elif kind.kind == "object":
        text = f"array<string, {_documented(kind.items or Type('any'))}>"
    elif kind.kind == "model":
        text = "array<string, mixed>"
    else:
        text = _DOCUMENTED[kind.kind]
    return f"{text}|null" if kind.nullable and text != "mixed" else text


def _exception(code: str) -> str:
    return (
        f"{_HEAD}\nnamespace Atrium\\SDK\\Exception;\n\n/** {code}. */\n"
        f"final class {class_of(code)} extends ApiException\n{{\n}}\n"
    )


def _all(names: Sequence[str]) -> str:
    properties = "\n".join(f"    public readonly Resource\\{pascal(name)} ${camel(name)};" for name in names)
    made = "\n".join(f"        $this->{camel(name)} = new Resource\\{pascal(name)}($runner);" for name in names)
    return (
        f"{_HEAD}\nnamespace Atrium\\SDK;\n\n/** Every resource of the API. */\n"
        f"abstract class Resources\n{{\n{properties}\n\n"
        f"    protected function __construct(Runner $runner)\n    {{\n{made}\n    }}\n}}\n"
    )


def _name(model: str) -> str:
    return _CLASSES.get(model, model)


def _told(text: str) -> str:
    return f"{text.replace('*/', '').strip().splitlines()[0].rstrip('.')}."
