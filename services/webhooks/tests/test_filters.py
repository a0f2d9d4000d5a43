"""Filters: the spelling that is understood, and the laws that matching keeps."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atrium_common.jsontypes import JSON, JSONObject
from atrium_webhooks.domain.filters import UnfitFilter, compiled

BODY: JSONObject = {
    "id": "evt_1",
    "type": "workspace.updated",
    "livemode": True,
    "data": {
        "object": {
            "id": "wks_1",
            "type": "workspace",
            "attributes": {
                "tier": "pro",
                "seats": 12,
                "ratio": 0.5,
                "nothing": None,
                "flag": True,
                "tags": ["red", "blue"],
                "items": [{"sku": "a", "count": 1}, {"sku": "b", "count": 5}],
            },
        }
    },
}
AT = "data.object.attributes"


@pytest.mark.parametrize(
    ("filters", "matches"),
    [
        ({}, True),
        ({"type": "workspace.updated"}, True),
        ({f"{AT}.tier": "pro"}, True),
        ({f"{AT}.tier": "free"}, False),
        ({f"{AT}.tier": ["free", "pro"]}, True),
        ({f"{AT}.tier": ["free", "business"]}, False),
        ({f"{AT}.tier": "pro", f"{AT}.seats": 13}, False),
        ({f"{AT}.seats": 12.0}, True),
        ({f"{AT}.seats": "12"}, False),
        ({f"{AT}.flag": True}, True),
        ({f"{AT}.flag": 1}, False),
        ({f"{AT}.nothing": None}, True),
        ({f"{AT}.absent": None}, True),
        ({f"{AT}.absent": "x"}, False),
        ({f"{AT}.tags": "blue"}, True),
        ({f"{AT}.tags.0": "blue"}, False),
        ({f"{AT}.tags.1": "blue"}, True),
        ({f"{AT}.items.sku": "b"}, True),
        ({f"{AT}.items.7.sku": "b"}, False),
        ({f"{AT}.items.sku": "c"}, False),
        ({AT: "pro"}, False),
        ({f"{AT}.tier": {"$in": ["pro", "free"]}}, True),
        ({f"{AT}.seats": {"$gt": 11, "$lt": 13}}, True),
        ({f"{AT}.seats": {"$gte": 12, "$lte": 12}}, True),
        ({f"{AT}.seats": {"$gt": 12}}, False),
        ({f"{AT}.seats": {"$gt": "1"}}, False),
        ({f"{AT}.flag": {"$gt": 0}}, False),
        ({f"{AT}.tier": {"$gt": "free"}}, True),
        ({f"{AT}.tier": {"$prefix": "pr"}}, True),
        ({f"{AT}.tier": {"$prefix": "free"}}, False),
        ({f"{AT}.nothing": {"$exists": True}}, True),
        ({f"{AT}.absent": {"$exists": False}}, True),
        ({f"{AT}.absent": {"$exists": True}}, False),
        ({f"{AT}.tier": {"$not": {"$in": ["free"]}}}, True),
        ({f"{AT}.tier": {"$not": "pro"}}, False),
        ({"$not": {f"{AT}.tier": "free"}}, True),
        ({"$or": [{f"{AT}.tier": "free"}, {f"{AT}.seats": {"$gte": 10}}]}, True),
        ({"$or": [{f"{AT}.tier": "free"}, {f"{AT}.seats": {"$gte": 100}}]}, False),
    ],
)
def test_a_filter_matches_what_its_spelling_says(filters: JSONObject, matches: bool) -> None:
    assert compiled(filters).matches(BODY) is matches


@pytest.mark.parametrize(
    ("filters", "path"),
    [
        ({"tier": "pro"}, "tier"),
        ({"": "pro"}, ""),
        ({"data.": "pro"}, "data."),
        ({"data..x": "pro"}, "data..x"),
        ({"data.x": {}}, "data.x"),
        ({"data.x": {"y": 1}}, "data.x.y"),
        ({"data.x": {"$regex": "a"}}, "data.x.$regex"),
        ({"data.x": []}, "data.x"),
        ({"data.x": [["a"]]}, "data.x"),
        ({"data.x": {"$in": "a"}}, "data.x.$in"),
        ({"data.x": {"$exists": 1}}, "data.x.$exists"),
        ({"data.x": {"$gt": True}}, "data.x.$gt"),
        ({"data.x": {"$gt": None}}, "data.x.$gt"),
        ({"data.x": {"$prefix": ""}}, "data.x.$prefix"),
        ({"data.x": {"$not": {"$near": 1}}}, "data.x.$not.$near"),
        ({"$and": [{"data.x": 1}]}, "$and"),
        ({"$or": []}, "$or"),
        ({"$or": [{"data.x": 1}, {"x": 1}]}, "$or.1.x"),
        ({"$not": {}}, "$not"),
        ({"data." + ".".join("x" * 40): 1}, "data." + ".".join("x" * 40)),
        ({"data.x": {"$not": {"$not": {"$not": {"$not": {"$not": {"$not": {"$not": 1}}}}}}}}, "data.x" + ".$not" * 6),
    ],
)
def test_an_unfit_filter_is_refused_with_the_path_to_its_fault(filters: JSONObject, path: str) -> None:
    with pytest.raises(UnfitFilter) as refused:
        compiled(filters)
    assert ".".join(refused.value.path) == path


def test_there_are_at_most_a_hundred_conditions() -> None:
    compiled({f"data.x{number}": 1 for number in range(100)})
    with pytest.raises(UnfitFilter):
        compiled({f"data.x{number}": 1 for number in range(101)})


_scalars = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.floats(-2, 2), st.sampled_from(["", "a", "ab"]))
_names = st.sampled_from(["x", "y", "0", "1"])
_values: st.SearchStrategy[Any] = st.recursive(
    _scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_names, inner, max_size=3)),
    max_leaves=8,
)
_bodies = st.dictionaries(st.just("data"), _values, max_size=1)
_paths = st.lists(_names, max_size=3).map(lambda names: ".".join(["data", *names]))
_numbers_or_texts = st.one_of(st.integers(-3, 3), st.sampled_from(["", "a", "ab"]))
_operators = st.one_of(
    st.fixed_dictionaries({"$in": st.lists(_scalars, min_size=1, max_size=3)}),
    *(st.fixed_dictionaries({name: _numbers_or_texts}) for name in ("$gt", "$gte", "$lt", "$lte")),
    st.fixed_dictionaries({"$exists": st.booleans()}),
    st.fixed_dictionaries({"$prefix": st.sampled_from(["a", "ab"])}),
)
_conditions: st.SearchStrategy[Any] = st.one_of(_scalars, st.lists(_scalars, min_size=1, max_size=3), _operators)
_filters = st.dictionaries(_paths, _conditions, max_size=3)


@given(_filters, _bodies)
def test_matching_never_raises_whatever_the_body_holds(filters: JSONObject, body: JSONObject) -> None:
    assert compiled(filters).matches(body) in {True, False}


@given(_filters.filter(bool), _bodies)
def test_not_is_the_complement(filters: JSONObject, body: JSONObject) -> None:
    assert compiled({"$not": filters}).matches(body) is not compiled(filters).matches(body)


@given(_paths, _conditions, _bodies)
def test_not_of_a_condition_is_the_complement(path: str, condition: JSON, body: JSONObject) -> None:
    assert compiled({path: {"$not": condition}}).matches(body) is not compiled({path: condition}).matches(body)


@given(st.lists(_filters.filter(bool), min_size=1, max_size=3), _bodies)
def test_or_holds_where_any_of_its_filters_does(several: list[JSON], body: JSONObject) -> None:
    wanted = any(compiled(each).matches(body) for each in several if isinstance(each, dict))
    assert compiled({"$or": several}).matches(body) is wanted


@given(_filters, _bodies)
def test_all_entries_must_hold(filters: JSONObject, body: JSONObject) -> None:
    each = [compiled({path: condition}).matches(body) for path, condition in filters.items()]
    assert compiled(filters).matches(body) is all(each)


@given(_paths, st.lists(_scalars, min_size=1, max_size=3), _bodies)
def test_a_list_of_values_is_in_and_one_value_is_a_list_of_it(path: str, values: list[JSON], body: JSONObject) -> None:
    listed = compiled({path: values}).matches(body)
    assert listed is compiled({path: {"$in": values}}).matches(body)
    assert listed is any(compiled({path: value}).matches(body) for value in values)
