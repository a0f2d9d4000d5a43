"""The API's document is made anew for whoever asks, and is always the same."""

from atrium_gateway.documents.merging import merged


def test_the_document_is_the_same_however_often_it_is_merged() -> None:
    texts = [str(merged({"tenancy": {"paths": {}, "components": {"schemas": {}}}})) for _ in range(2)]
    assert texts[0] == texts[1]
