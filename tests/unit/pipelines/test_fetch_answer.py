"""A body is named by its bytes, whatever it is labelled."""

from __future__ import annotations

import pytest

from pipelines.answer import Body, cut_short, effective_status, recognise
from tests.servers.fault_server import error_message, message

ROWS = [("EN_MAT_DOMCMPT", "417", "2015", "12.5")]


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (message(ROWS), "data"),
        (b"\xef\xbb\xbf" + message(ROWS), "data"),
        ("<?xml version='1.0' encoding='utf-16'?><GenericData/>".encode("utf-16"), "data"),
        (b"<!-- made by hand --><m:CompactData xmlns:m='x'>", "data"),
        (b"DATAFLOW,FREQ,SERIES,TIME_PERIOD,OBS_VALUE\nX,A,S,2015,1\n", "data"),
        (b"\xef\xbb\xbfSTRUCTURE;STRUCTURE_ID;TIME_PERIOD: Time period;OBS_VALUE\n", "data"),
        (b'{"meta": {}, "data": {"dataSets": []}}', "data"),
        (b'{"data": {"dataSets": [{"action": "Inf', "data"),
        (b"<mes:Structure xmlns:mes='x'>", "structure"),
        (error_message("140", "no"), "error"),
        (b'{"errors": [{"code": 404, "title": "gone"}]}', "error"),
        (b"<!DOCTYPE html><html><head><title>Down</title>", "page"),
        (b"<?xml version='1.0'?>\n<!-- x -->\n<HTML>", "page"),
        (b"", "empty"),
        (b" \r\n\t", "empty"),
        (b"PK\x03\x04abc", "archive"),
        (b"\x1f\x8babc", "archive"),
        (b"Service temporarily down, sorry.", "other"),
        (b"<rss version='2.0'>", "other"),
        (b"[1, 2]", "other"),
        (b"<<<", "other"),
    ],
)
def test_a_body_is_named_by_its_content(head: bytes, kind: str) -> None:
    assert recognise(head).kind == kind


def test_an_sdmx_error_message_is_quoted_with_its_code() -> None:
    body = recognise(error_message("140", "Unknown   parameter\n format"))
    assert body == Body("error", "140", "Unknown parameter format")
    assert body.quoted() == "error 140: “Unknown parameter format”"


def test_an_error_in_the_footer_form_is_quoted_too() -> None:
    """dsss writes mes:Error with a footer; its code is an HTTP status."""
    body = recognise(
        b'<mes:Error xmlns:mes="m" xmlns:footer="f" '
        b'xmlns:com="c"><mes:Header><mes:ID>none</mes:ID></mes:Header>'
        b'<footer:Footer><footer:Message code="404"><com:Text>Not found: 0 '
        b"matches</com:Text></footer:Message>"
        b"</footer:Footer></mes:Error>"
    )
    assert (body.kind, body.quoted()) == ("error", "error 404: “Not found: 0 matches”")


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        (b'{"errors": [{"code": 150, "details": {"en": "No such series"}}]}', "error 150: “No such series”"),
        (b'{"error": "quota used up"}', "“quota used up”"),
        (b'{"status": 500, "message": "boom"}', "error 500: “boom”"),
    ],
)
def test_json_errors_are_quoted(text: bytes, quoted: str) -> None:
    assert recognise(text).quoted() == quoted


def test_a_page_is_quoted_by_its_title_and_long_text_is_shortened() -> None:
    assert recognise(b"<html><head><title>Site  down</title></head></html>").quoted() == "“Site down”"
    long = recognise(b"word " * 500).text
    assert long is not None
    assert len(long) == 200
    assert long.endswith("…")


def test_a_document_type_is_noticed() -> None:
    assert recognise(b"<!DOCTYPE x [<!ENTITY a 'b'>]><Structure/>").doctype
    assert not recognise(message(ROWS)).doctype


@pytest.mark.parametrize(
    ("status", "code", "effective"),
    [
        (200, "100", 404),
        (200, "404", 404),
        (200, "130", 413),
        (200, "150", 403),
        (200, "1000", 500),
        (200, None, 500),
        (200, "503", 503),
        (404, "100", 404),
        (403, "110", 403),
    ],
)
def test_an_error_with_status_200_counts_by_its_code(status: int, code: str | None, effective: int) -> None:
    assert effective_status(status, Body("error", code)) == effective


def test_data_with_status_200_stays_200() -> None:
    assert effective_status(200, recognise(message(ROWS))) == 200


@pytest.mark.parametrize(
    ("document", "short"),
    [
        (message(ROWS), False),
        (message(ROWS)[:-4], True),
        (message(ROWS)[:-40], True),
        (message(ROWS) + b"<!-- end -->\n<?x?>\n", False),
        (b"<a/>", False),
        (b"<?xml version='1.0'?><a>", True),
        (b"a,b\n1,2", False),
        (b"", False),
    ],
)
def test_a_document_without_its_end_tag_was_cut_short(document: bytes, short: bool) -> None:
    assert cut_short(document[:65536], document[-4096:]) is short
