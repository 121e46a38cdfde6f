"""A set as a dict, and capabilities and sets as fields of models: pydantic, cattrs, JSON Schema."""

from __future__ import annotations

import json
import subprocess
import sys

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, ValidationError

from capset import DOCKER_DEFAULT, Cap, CapSet
from capset.errors import FormatError
from tests.strategies import caps, capsets

KILL = {"mask": "0000000000000020", "names": ["CAP_KILL"]}
SET_SCHEMA = jsonschema.Draft202012Validator(CapSet.json_schema())
CAP_SCHEMA = jsonschema.Draft202012Validator(Cap.json_schema())


class Service(BaseModel):
    """A model of somebody's."""

    model_config = ConfigDict(validate_default=True)

    holds: CapSet
    main: Cap | None = None


@given(capsets)
def test_dict(caps):
    """It goes there and back, through JSON too, and keeps what has no name."""
    written = caps.as_dict()

    assert CapSet.from_dict(written) == CapSet.from_dict(json.loads(json.dumps(written))) == caps
    SET_SCHEMA.validate(written)


@given(caps)
def test_cap(cap):
    """A capability is its text."""
    CAP_SCHEMA.validate(str(cap))
    assert Service(holds=[], main=str(cap)).main is cap


def test_schemas():
    """They are schemas themselves, and may be changed without harm."""
    for kind in (Cap, CapSet):
        jsonschema.Draft202012Validator.check_schema(kind.json_schema())
        kind.json_schema()["title"] = "changed"
        assert kind.json_schema()["title"] == kind.__name__


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "CapSet: expected a dict with mask and names alone, got None"),
        ("CAP_KILL", "CapSet: expected a dict"),
        ({"mask": "0000000000000020"}, "CapSet: expected a dict"),
        ({**KILL, "held": 1}, "CapSet: expected a dict with mask and names alone, got {'mask'"),
        ({**KILL, "mask": "20"}, "mask: expected 16 lower-case hexadecimal digits, got '20'"),
        ({**KILL, "mask": 32}, "mask: expected 16 lower-case hexadecimal digits, got 32"),
        ({**KILL, "mask": "000000000000002A"}, "mask: expected 16 lower-case"),
        ({**KILL, "mask": "0000000000000020\n"}, "mask: expected 16 lower-case"),
        ({**KILL, "names": "CAP_KILL"}, "names: expected ['CAP_KILL'], as the mask says, got 'CAP_KILL'"),
        ({**KILL, "names": [5]}, "names: expected ['CAP_KILL'], as the mask says, got [5]"),
        ({**KILL, "names": []}, "names: expected ['CAP_KILL'], as the mask says, got []"),
        ({**KILL, "names": ["CAP_KILL", "CAP_CHOWN"]}, "names: expected ['CAP_KILL'], as the mask says, got"),
        ({**KILL, "names": ["CAP_KIL"]}, "(unknown capability 'CAP_KIL': did you mean CAP_KILL?), got ['CAP_KIL']"),
    ],
)
def test_no_dict_of_a_set(data, message):
    """What is lost or made up is told, with its place."""
    with pytest.raises(FormatError) as caught:
        CapSet.from_dict(data)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [None, [], {}, {**KILL, "held": 1}, {**KILL, "mask": "20"}, {**KILL, "mask": 32}, {**KILL, "names": "CAP_KILL"},
     {**KILL, "names": [5]}, {**KILL, "names": ["kill"]}, {**KILL, "names": ["64"]}, {**KILL, "names": ["5", "5"]}],
)  # fmt: skip
def test_the_schema_refuses(data):
    """It sees the shape; that mask and names agree, it cannot say."""
    assert not SET_SCHEMA.is_valid(data)


@given(capsets, st.sampled_from(["mask", "names"]))
def test_the_schema_needs_both(caps, key):
    """A dict without one of them is none."""
    written = caps.as_dict()
    del written[key]
    assert not SET_SCHEMA.is_valid(written)


@pytest.mark.parametrize(
    "value",
    [
        CapSet(["kill"]),
        KILL,
        ["kill"],
        ["CAP_KILL"],
        [5],
        (Cap.KILL,),
        {"kill"},
        frozenset({5}),
        "kill",
        "0x20",
        "CAP_KILL",
    ],
)
def test_what_pydantic_takes_for_a_set(value):
    """Whatever CapSet() and parse() take, and the dict."""
    assert Service(holds=value).holds == CapSet(["kill"])


@pytest.mark.parametrize("value", [Cap.KILL, 5, "5", "kill", "CAP_KILL"])
def test_what_pydantic_takes_for_a_cap(value):
    """A number or a name."""
    assert Service(holds=[], main=value).main is Cap.KILL


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("holds", 32, 'write a mask as text, such as "0x401", and capabilities as a list; got 32'),
        ("holds", ["CAP_KIL"], "did you mean CAP_KILL"),
        ("holds", [1.5], "expected a Cap, a number from 0 to 63 or a name, got 1.5"),
        ("holds", None, "expected an iterable of capabilities, got None"),
        ("holds", {"mask": "20", "names": []}, "mask: expected 16 lower-case hexadecimal digits, got '20'"),
        ("main", 64, "unknown capability 64: capability numbers run from 0 to 63"),
        ("main", "CAP_KIL", "did you mean CAP_KILL"),
        ("main", True, "Cap() takes a number from 0 to 63, got True"),
        ("main", 5.0, "Cap() takes a number from 0 to 63, got 5.0"),
        ("holds", [True], "expected a Cap, a number from 0 to 63 or a name, got True"),
        ("main", [], r"Cap() takes a number from 0 to 63, got []"),
    ],
)
def test_what_pydantic_refuses(field, value, message):
    """As a validation error at the field, with the words of this library."""
    with pytest.raises(ValidationError) as caught:
        Service(**{"holds": [], field: value})
    [error] = [error for error in caught.value.errors() if error["loc"][0] == field and error["type"] == "value_error"]
    assert message in error["msg"]


def test_pydantic_writes():
    """Values in Python, plain types in JSON, and back."""
    service = Service(holds=DOCKER_DEFAULT | {63}, main="net_raw")

    assert service.model_dump() == {"holds": DOCKER_DEFAULT | {63}, "main": Cap.NET_RAW}
    written = service.model_dump(mode="json")
    assert written == {"holds": (DOCKER_DEFAULT | {63}).as_dict(), "main": "CAP_NET_RAW"}
    assert Service.model_validate_json(service.model_dump_json()) == service


def test_schemas_of_pydantic():
    """One of what it writes, and one of what it takes; both are met."""
    written, taken = (Service.model_json_schema(mode=mode) for mode in ("serialization", "validation"))

    jsonschema.validate(Service(holds=["kill"], main=5).model_dump(mode="json"), written)
    for value in (KILL, ["kill", 5], "0x20"):
        jsonschema.validate({"holds": value, "main": 5}, taken)
    for refused in ({"holds": 5}, {"holds": {"mask": "20"}}, {"holds": [], "main": 64}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(refused, taken)


def test_pydantic_loads_when_it_asks():
    """Neither the package nor a dict of a set loads it."""
    run = (
        "import sys, capset; capset.CapSet.from_dict(capset.CapSet().as_dict()); capset.CapSet.json_schema();"
        "print({'pydantic', 'pydantic_core', 'jsonschema'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", run], check=True, capture_output=True, text=True).stdout == "set()\n"
