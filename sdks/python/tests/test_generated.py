"""What is generated is what the generator makes, and every operation of the API has a method."""

import json
from pathlib import Path

import pytest

from atrium_common.errors import AtriumError
from atrium_common.http.problems import INTERNAL, answered_as
from atrium_sdk import Client, errors
from sdks.generator.__main__ import OPENAPI, SDKS, generated
from sdks.generator.codes import CODES
from sdks.generator.document import read
from sdks.generator.typescript import camel, pascal


def test_no_generated_file_was_edited_or_forgotten() -> None:
    for path, text in generated().items():
        assert path.read_text() == text, f"{path.name} is out of date: make sdks"


def test_every_operation_of_the_api_has_a_method() -> None:
    api = read(json.loads(Path(OPENAPI).read_text()))
    client = Client("sk_test_x")
    for operation in api.operations:
        assert callable(getattr(getattr(client, operation.resource), operation.name))


@pytest.mark.parametrize(
    ("file", "method"),
    [("javascript/src/generated/resources.ts", "  {}("), ("php/src/Resource/{}.php", "public function {}(")],
)
def test_every_operation_of_the_api_has_a_method_in_the_other_languages(file: str, method: str) -> None:
    for operation in read(json.loads(Path(OPENAPI).read_text())).operations:
        source = (SDKS / file.format(pascal(operation.resource))).read_text()
        of_resource = source[source.index(f"class {pascal(operation.resource)}") :]
        assert method.format(camel(operation.name)) in of_resource, operation.id


def test_every_error_code_of_the_api_has_a_class() -> None:
    answered = {answered_as(kind)[1] for kind in AtriumError.__subclasses__()}
    assert set(errors.BY_CODE) == set(CODES) == answered | {INTERNAL.code}


def test_every_generated_file_of_a_folder_is_still_made() -> None:
    made = set(generated())
    for folder in ("php/src/Model", "php/src/Resource", "javascript/src/generated"):
        left = set((SDKS / folder).iterdir()) - made
        assert not left, f"no longer made: {sorted(path.name for path in left)}"
