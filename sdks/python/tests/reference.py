"""The reference's examples, run against a real suite; run by `make test-sdks`."""

import json
import os
import re
from pathlib import Path
from typing import Any

from atrium_sdk import Client, Options, Page

STEPS = json.loads((Path(__file__).parents[2] / "conformance/reference.json").read_text())
saved: dict[str, Any] = {}
unique = os.urandom(4).hex()


def filled(value: Any) -> Any:
    """The value with what earlier steps have saved."""
    if isinstance(value, str):
        value = value.replace("{unique}", unique)
        return re.sub(r"{(\w+)\.(\w+)}", lambda found: getattr(saved[found[1]], found[2]), value)
    if isinstance(value, list):
        return [filled(each) for each in value]
    return {name: filled(each) for name, each in value.items()} if isinstance(value, dict) else value


with Client() as client:
    for step in STEPS:
        call = filled(step["call"])
        method = getattr(getattr(client, call["resource"]), call["method"])
        options = Options(**filled(step.get("options", {})))
        answer = method(*call.get("path", ()), **call.get("arguments", {}), options=options)
        if isinstance(answer, Page):
            answer = answer.data[0] if step.get("first") else None
        for name, value in filled(step.get("expect") or step.get("first") or {}).items():
            assert getattr(answer, name) == value, (call, name, getattr(answer, name))
        if "save" in step:
            saved[step["save"]] = answer

print(f"all {len(STEPS)} examples work")
