"""An error is what it was wherever it is carried: into another process, or into a copy."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from atrium_sdk import ConnectionFailed, errors

GIVEN = {"code": "VALIDATION_ERROR", "message": "No.", "details": {"name": ["Too long."]}}
REFUSED = errors.error_of(422, {"error": GIVEN}, {"x-request-id": "req_1", "retry-after": "3"})


@pytest.mark.parametrize("again", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])  # noqa: S301
def test_an_error_is_carried_whole(again: Callable[[Any], Any]) -> None:
    carried = again(REFUSED)
    assert isinstance(carried, errors.ValidationError)
    assert str(carried) == str(REFUSED)
    assert vars(carried) == vars(REFUSED)
    assert again(ConnectionFailed("no answer", request_key="k")).request_key == "k"
