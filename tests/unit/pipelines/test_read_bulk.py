"""The bulk reader against expat: the same message from every document, or the same sentence."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.sax.saxutils import quoteattr

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from metadata.errors import UnreadableFile
from pipelines.read import sdmx_ml_feed
from pipelines.read.detect import open_message, read_message
from pipelines.read.message import Message
from pipelines.read.safety import MAX_COLUMNS
from pipelines.read.sdmx_ml_bulk import BulkReader, Found
from pipelines.read.sdmx_ml_feed import Feed
from pipelines.read.sdmx_ml_lexicon import LONGEST

SPECIMENS = Path(__file__).resolve().parents[2] / "specimens" / "read"
SCHEMAS = "http://www.sdmx.org/resources/sdmxml/schemas"
ESCAPES = {"\n": "&#10;", "\r": "&#xD;", "\t": "&#9;"}


@contextmanager
def bulk(chunk: int | None) -> Iterator[list[int]]:
    """Read in bulk in pieces of `chunk` bytes, or by expat alone; yields the sizes of what was read in bulk."""
    taken: list[int] = []
    take = Feed._take

    def spy(feed: Feed, found: Found | None) -> bool:
        size = len(feed._cut_off[0]) if feed._cut_off else 0
        done = take(feed, found)
        if done:
            taken.append(size)
        return done

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sdmx_ml_feed, "BULK_FROM", 0 if chunk else 1 << 60)
        patch.setattr(sdmx_ml_feed, "CHUNK", chunk or 1 << 20)
        patch.setattr(Feed, "_take", spy)
        yield taken


def read(data: bytes, chunk: int | None) -> tuple[Message | str, int]:
    """Return the message or the sentence, and how many bytes were read in bulk."""
    with bulk(chunk) as taken:
        try:
            return read_message(data, name="file.xml"), sum(taken)
        except UnreadableFile as error:
            return str(error), sum(taken)


def same(data: bytes, chunk: int = 1 << 16) -> int:
    """Assert that both readers say the same of `data`; return how many bytes were read in bulk."""
    expected, none = read(data, None)
    got, taken = read(data, chunk)
    assert not none
    if isinstance(expected, str) or isinstance(got, str):
        assert got == expected
        return taken
    assert (got.format, got.header, got.notes) == (expected.format, expected.header, expected.notes)
    assert got.frame.schema == expected.frame.schema
    assert got.frame.equals(expected.frame)
    return taken


def specific(content: str, version: str = "v2_1", head: str = "") -> bytes:
    root = f'<StructureSpecificData xmlns="{SCHEMAS}/{version}/message" xmlns:g="{SCHEMAS}/v2_1/data/generic">'
    return f"{head}{root}<Header><ID>x</ID></Header>\n{content}\n</StructureSpecificData>".encode()


def generic(content: str, at_observation: str = "TIME_PERIOD") -> bytes:
    return (
        f'<m:GenericData xmlns:m="{SCHEMAS}/v2_1/message" xmlns:g="{SCHEMAS}/v2_1/data/generic"><m:Header>'
        f'<m:Structure structureID="S" dimensionAtObservation="{at_observation}"/></m:Header>'
        f'<m:DataSet structureRef="S">\n{content}\n</m:DataSet></m:GenericData>'
    ).encode()


SERIES = '<Series S="A" R="1"><Obs T="1" V="x"/>\n<Obs T="2" V="y" C="z"/></Series>\n<Series S="B"><Obs V=""/></Series>'
FLAT = '<Obs S="A" T="1" V="x"/>\n<Obs S="A" T="2"/>\n\n<Obs S="B" T="1" V="y" C="z"/>\n'
GENERIC = (
    '<g:Series><g:SeriesKey><g:Value id="S" value="A"/><g:Value id="R" value="1"/></g:SeriesKey>\n'
    '<g:Attributes><g:Value id="U" value="KG"/></g:Attributes>'
    '<g:Obs><g:ObsDimension value="1"/><g:ObsValue value="x"/></g:Obs>\n'
    '<g:Obs><g:ObsDimension value="2"/><g:ObsValue/><g:Attributes><g:Value id="C" value="z"/></g:Attributes></g:Obs>'
    '</g:Series>\n<g:Series><g:SeriesKey><g:Value id="S" value="B"/></g:SeriesKey>'
    '<g:Obs><g:ObsDimension id="T" value="1"/><g:ObsValue id="OBS_VALUE" value="y"/></g:Obs></g:Series>'
)
GENERIC_FLAT = (
    '<g:Obs><g:ObsKey><g:Value id="S" value="A"/><g:Value id="T" value="1"/></g:ObsKey><g:ObsValue value="x"/></g:Obs>'
    '\n<g:Obs><g:ObsKey><g:Value id="S" value="B"/></g:ObsKey><g:ObsValue value="y"/>'
    '<g:Attributes><g:Value id="C" value="z"/></g:Attributes></g:Obs>'
)
REGULAR = {
    "series": specific(f"<DataSet>{SERIES * 40}</DataSet>"),
    "flat": specific(f"<DataSet>{FLAT * 40}</DataSet>"),
    "version 3": specific(f"<DataSet>{SERIES * 40}</DataSet>", "v3_0"),
    "generic": generic(GENERIC * 40),
    "generic flat": generic(GENERIC_FLAT * 40),
    "compact": specific(f"<DataSet>{SERIES * 40}</DataSet>").replace(b"StructureSpecificData", b"CompactData")
    .replace(f"{SCHEMAS}/v2_1".encode(), b"http://www.SDMX.org/resources/SDMXML/schemas/v2_0"),
    "several data sets": specific(
        f'<DataSet action="Append" U="KG">{SERIES * 9}</DataSet>\n<DataSet/>\n<DataSet action="Delete">{FLAT * 9}'
        f'</DataSet><DataSet action="Delete">{SERIES * 9}<Series S="Q"/></DataSet>'
    ),
    "groups before": specific(f'<DataSet><Group S="A" G="one"/><Group S="Z" G="no"/>{SERIES * 9}</DataSet>'),
    "carriage returns": specific(f"<DataSet>{SERIES * 40}</DataSet>".replace("\n", "\r\n")),
    "declared": b'<?xml version="1.0" encoding="utf-8"?>\n<!-- a "comment" <DataSet> -->' + specific(
        f"<DataSet>{SERIES * 9}</DataSet>"
    ),
    "mark": b"\xef\xbb\xbf" + specific(f"<DataSet>{FLAT * 9}</DataSet>"),
    "own prefix": specific(f"<DataSet>{SERIES * 9}</DataSet>".replace("Series", "a:Series").replace("Obs", "b-1:Obs")),
    "other spellings": specific(
        f"<DataSet>{SERIES * 9}</DataSet>".replace(" V=", "\n\t V \r\n= ").replace("/>", " />").replace("'/S", "'/ S")
    ),
    "series without components": specific(f"<DataSet><Series>{FLAT * 9}</Series><Series >{FLAT}</Series></DataSet>"),
    "messages' own attributes": specific(
        f"<DataSet>{SERIES * 9}</DataSet>".replace(" V=", ' xmlns:q="urn:q" g:type="q:ObsType" xml:lang="en" q:V=')
    ),
}


@pytest.mark.parametrize("name", REGULAR)
@pytest.mark.parametrize("chunk", [1, 300, 1 << 16])
def test_regular_documents_are_read_in_bulk(name: str, chunk: int) -> None:
    assert same(REGULAR[name], chunk) > 300


@pytest.mark.parametrize("path", sorted(SPECIMENS.glob("*.xml")), ids=lambda path: path.name)
@pytest.mark.parametrize("chunk", [1, 1 << 16])
def test_every_specimen(path: Path, chunk: int) -> None:
    same(path.read_bytes(), chunk)


ODD = {
    "comment": '<Obs S="A"/><!-- "note" --><Obs S="B"/>',
    "comment around data": '<Obs S="A"/><!-- <Obs S="no"/> --><Obs S="B"/>',
    "comment before": '<!-- <Obs S="no"/> --><Obs S="B"/>',
    "comment in quotes": '<Obs S="A"/><!-- " --><Obs S="B"/><!-- " -->',
    "CDATA": '<Obs S="A"/><![CDATA[ <Obs S="no"/> ]]><Obs S="B"/>',
    "CDATA before": '<![CDATA[ <Obs S="no"/> ]]><Obs S="B"/>',
    "end in CDATA": '<Obs S="A"/><![CDATA[</DataSet>]]><Obs S="B"/>',
    "instruction": '<Obs S="A"/><?note "a"?><Obs S="B"/>',
    "text": '<Obs S="A"/>text<Obs S="B">text</Obs>',
    "apostrophes": "<Obs S=\"A\" T='1'/><Obs S='\"' T='2'/>",
    "apostrophes that balance": "<Obs S=' A=\"1\" '/><Obs S='\" B=\"'/>",
    "other elements": '<Obs S="A"/><What S="no"/><Obs S="B"><What a="1"/></Obs>',
    "annotations": '<Obs S="A"><Annotations><Annotation id="x"/></Annotations></Obs><Obs S="B"/>',
    "group behind": '<Obs S="A"/><Group S="A" G="late"/>',
    "both layouts": '<Series S="A"><Obs T="1"/></Series><Obs S="B"/><Series S="C"><Obs T="2"/></Series>',
    "both layouts, flat first": '<Obs S="B"/><Series S="C"><Obs T="2"/></Series>',
    "nested": '<Series S="A"><Series S="B"><Obs T="1"/></Series></Series>',
    "Obs in Obs": '<Obs S="A"><Obs S="B"/></Obs>',
    "no attributes": "<Obs/><Obs></Obs><Series/><Series><Obs/></Series>",
    "no attributes behind": '<Series S="A"><Obs T="1"/></Series><Series></Series><Series S="B"/>',
    "empty Series": '<Series S="A"/><Series S="B"></Series><Series S="C"><Obs T="1"/></Series>',
    "other letters": '<Obs S="A" größe="1"/><Obs S="B"/>',
    "component in two spellings": '<Obs SEX="F"/><Obs Sex="M"/>',
    "component in two spellings at once": '<Obs SEX="F" Sex="M"/>',
    "the same attribute twice": '<Obs T="1"/><Obs S="F" S="M"/>',
    "underscore": '<Obs T="1"/><Obs _row="M"/>',
    "entity without end": '<Obs T="1"/><Obs S="a & b"/>',
    "unknown entity": '<Obs T="1"/><Obs S="&nbsp;"/>',
    "character that is none": '<Obs T="1"/><Obs S="&#8;"/>',
    "surrogate": '<Obs T="1"/><Obs S="&#xD800;"/>',
    "far character": '<Obs T="1"/><Obs S="&#x110000;"/>',
    "control character": '<Obs T="1"/><Obs S="a\x01b"/>',
    "no character": '<Obs T="1"/><Obs S="a\uffffb"/>',
    "less in a value": '<Obs T="1"/><Obs S="a<b"/>',
    "lone carriage return": '<Obs T="1"/>\r<Obs S="a\rb"/>',
    "no white space between": '<Obs T="1"S="2"/>',
    "end that does not match": '<Series S="A"><Obs T="1"></Series></Obs>',
    "wrong end": '<Series S="A"><Obs T="1"/></Serie>',
    "other prefix at the end": '<a:Series S="A"><Obs T="1"/></b:Series>',
    "odd quotes": '<Obs T="1/><Obs T="2"/>',
    "component elements": '<Series S="A"><Comp id="C"><Value>a</Value></Comp><Obs T="1"/></Series>',
    "group that is not closed": '<Group S="A" x="><Series S="A"><Obs T="1"/></Series>',
    "group in quotes": '<Group S=">" x="<Series S="A"><Obs T="1"/></Series>',
    "slash in a tag": '<Obs T="1" / ><Obs T="2"/>',
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("version", ["v2_1", "v3_0"])
def test_what_is_odd_is_left_to_expat(name: str, version: str) -> None:
    content = SERIES * 3 + ODD[name] if ODD[name].startswith("<Series") else FLAT * 3 + ODD[name]
    for odd in (ODD[name], content):
        for chunk in (1, 40, 1 << 16):
            same(specific(f"<DataSet>{odd}</DataSet>", version), chunk)


ODD_GENERIC = {
    "value without id": '<g:Obs><g:ObsKey><g:Value value="1"/></g:ObsKey></g:Obs>',
    "id without value": '<g:Obs><g:ObsKey><g:Value id="X"/><g:Value id="T" value="1"/></g:ObsKey></g:Obs>',
    "value before id": '<g:Obs><g:ObsKey><g:Value value="1" id="X"/></g:ObsKey></g:Obs>',
    "a third attribute": '<g:Obs><g:ObsKey><g:Value id="X" value="1" x="2"/></g:ObsKey></g:Obs>',
    "twice": '<g:Obs><g:ObsKey><g:Value id="X" value="1"/><g:Value id="X" value="2"/></g:ObsKey></g:Obs>',
    "entity in an id": '<g:Obs><g:ObsKey><g:Value id="X&amp;" value="1"/></g:ObsKey></g:Obs>',
    "nothing": "<g:Obs/><g:Obs></g:Obs>",
    "attributes behind": '<g:Series><g:Obs><g:ObsDimension value="1"/></g:Obs><g:Attributes><g:Value id="U" value="1"/>'
    "</g:Attributes></g:Series>",
    "no key": '<g:Series><g:Obs><g:ObsDimension value="1"/></g:Obs></g:Series>',
    "no value": "<g:Series><g:SeriesKey/><g:Obs><g:ObsDimension/><g:ObsValue/></g:Obs></g:Series>",
    "group": '<g:Group><g:GroupKey><g:Value id="S" value="A"/></g:GroupKey><g:Attributes><g:Value id="G" value="x"/>'
    "</g:Attributes></g:Group>",
    "attributes of the data set": '<g:Attributes><g:Value id="U" value="1"/></g:Attributes>',
}


@pytest.mark.parametrize("name", ODD_GENERIC)
def test_odd_generic_data_are_left_to_expat(name: str) -> None:
    for content in (
        ODD_GENERIC[name], GENERIC + ODD_GENERIC[name], ODD_GENERIC[name] + GENERIC, GENERIC_FLAT + ODD_GENERIC[name],
    ):
        for chunk in (1, 100, 1 << 16):
            same(generic(content), chunk)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "iso-8859-1", "us-ascii", "koi8-r", "no-such"])
def test_only_utf_8_is_read_in_bulk(encoding: str) -> None:
    text = specific(f"<DataSet>{SERIES * 9}</DataSet>", head=f'<?xml version="1.0" encoding="{encoding}"?>').decode()
    data = text.encode("us-ascii" if encoding == "no-such" else encoding)
    assert (same(data) > 0) == (encoding == "utf-8")


def test_texts_and_ids_that_the_lexicon_does_not_take_are_left_to_expat() -> None:
    far = " " * (LONGEST + 1)
    assert same(specific(f'<DataSet>{SERIES}<Series S="A"{far}U="1"><Obs T="1"/></Series></DataSet>')) == 0
    name = "X" * (LONGEST + 1)
    long_id = f'<g:Obs><g:ObsKey><g:Value id="{name}" value="1"/></g:ObsKey></g:Obs>'
    assert same(generic(GENERIC_FLAT + long_id)) == 0


def test_bytes_that_are_no_utf_8_are_refused_by_both() -> None:
    data = specific(f'<DataSet>{SERIES * 9}<Series S="?"/></DataSet>')
    for bad in (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc0\x80", b"\xef\xbf\xbe", b"\xf5\x80\x80\x80"):
        same(data.replace(b"?", bad))


def test_entities_and_white_space_in_values() -> None:
    value = "a&amp;amp;&lt;&gt;&quot;&apos;&#65;&#x1F600;&#10;\t\n \r\n&#13;é"
    data = specific(f'<DataSet>{SERIES}<Series S="{value}"><Obs T="{value}"/><Obs T="2"/></Series></DataSet>')
    assert same(data)
    message, _ = read(data, 1 << 16)
    assert isinstance(message, Message)
    assert message.frame["t"][3] == "a&amp;<>\"'A😀\n    \ré"


def test_limits_are_named_by_both() -> None:
    wide = " ".join(f'C{n}="1"' for n in range(MAX_COLUMNS))
    assert same(specific(f"<DataSet>{SERIES}<Series S='1'><Obs {wide}/></Series></DataSet>")) == 0
    long = "x" * (9 << 20)
    for head, further in (("", f'<Series S="{long}"/>'), (f' a="{long}"', ""), (f'><Group a="{long}"/', "")):
        data = specific(f"<DataSet{head}>{SERIES}{further}</DataSet>")
        same(data)
        assert "longer than 8 MB" in str(read(data, 1 << 16)[0])


def test_a_document_in_many_pieces_keeps_lines_and_order() -> None:
    content = "".join(f'<Series S="{n}">\n<Obs T="1"/>\n\n<Obs T="2" V="{n}"/></Series>\n' for n in range(3000))
    data = specific(f"<DataSet>\n{content}</DataSet>")
    assert same(data, 4000) > len(content) - 10
    message, _ = read(data, 4000)
    assert isinstance(message, Message)
    assert message.frame["s"].to_list() == [str(n) for n in range(3000) for _ in range(2)]
    damaged = data.replace(b'V="2990"', b'V="2990')
    assert same(damaged, 4000) > len(content) // 2
    assert str(read(damaged, 4000)[0]).startswith("file.xml:")


def test_a_late_column_is_in_every_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines.read import sdmx_ml_frame

    monkeypatch.setattr(sdmx_ml_frame, "BATCH_ROWS", 10)
    data = specific(f'<DataSet>{FLAT * 40}<Obs LATE="1"/></DataSet>')
    with bulk(500):
        batches = list(open_message(data).batches)
    assert len(batches) > 5
    assert {tuple(batch.columns) for batch in batches} == {tuple(batches[0].columns)}
    assert "late" in batches[0].columns
    assert pl.concat(batches)["_line"].is_sorted()


texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=6) | st.sampled_from(
    ["&", "<", '"', "'", "\n", "\r", "\t", "a b", "-->", "]]>", "</DataSet>", "<Obs", '="', "/>"]
)
names = st.sampled_from(["S", "R", "T", "OBS_VALUE", "c", "x:Y", "xml:lang", "A.B-1"])
some = st.dictionaries(names, texts, max_size=4)
gaps = st.sampled_from(["", "\n", "  \r\n\t", "\n\n"])


def attributes(row: dict[str, str]) -> str:
    return "".join(f" {name}={quoteattr(text, ESCAPES)}" for name, text in row.items())


@given(st.lists(st.tuples(some, st.lists(some, max_size=4), gaps), max_size=6), st.booleans(), st.integers(1, 400))
@settings(max_examples=250, deadline=None)
@example([({"S": "\uffff"}, [{}], "")], False, 1)
def test_generated_specific_messages(
    rows: list[tuple[dict[str, str], list[dict[str, str]], str]], flat: bool, chunk: int
) -> None:
    content = ""
    for key, observations, gap in rows:
        inner = "".join(f"<Obs{attributes(one)}/>{gap}" for one in observations)
        content += inner if flat else f"<Series{attributes(key)}>{gap}{inner}</Series>"
    same(specific(f"<DataSet>{content}</DataSet>"), chunk)


generic_series = st.tuples(some, some, st.lists(st.tuples(texts, texts, some), max_size=3), gaps)


@given(st.lists(generic_series, max_size=4), st.integers(1, 600))
@settings(max_examples=150, deadline=None)
def test_generated_generic_messages(
    rows: list[tuple[dict[str, str], dict[str, str], list[tuple[str, str, dict[str, str]]], str]], chunk: int
) -> None:
    def values(row: dict[str, str], around: str) -> str:
        inner = "".join(f'<g:Value id="{name}" value={quoteattr(text, ESCAPES)}/>' for name, text in row.items())
        return f"<g:{around}>{inner}</g:{around}>" if row else ""

    content = ""
    for key, own, observations, gap in rows:
        content += f"<g:Series>{values(key, 'SeriesKey')}{gap}{values(own, 'Attributes')}"
        for period, measured, further in observations:
            content += f"<g:Obs><g:ObsDimension value={quoteattr(period, ESCAPES)}/>{gap}"
            content += f"<g:ObsValue value={quoteattr(measured, ESCAPES)}/>{values(further, 'Attributes')}</g:Obs>"
        content += "</g:Series>"
    same(generic(content), chunk)


@pytest.mark.parametrize("name", REGULAR)
def test_damaged_documents(name: str) -> None:
    """Cut, changed in a few bits, with pieces left out or doubled: from a fixed seed, so a failure stays."""
    chance, whole = random.Random(name), REGULAR[name]
    for _ in range(30):
        damaged = bytearray(whole)
        match chance.randrange(4):
            case 0:
                del damaged[chance.randrange(len(damaged)) :]
            case 1:
                for _ in range(chance.randrange(1, 3)):
                    damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
            case 2:
                at = chance.randrange(len(damaged))
                del damaged[at : at + chance.randrange(1, 30)]
            case _:
                at, to = chance.randrange(len(damaged)), chance.randrange(len(damaged))
                damaged[to:to] = damaged[at : at + chance.randrange(1, 30)]
        same(bytes(damaged), chance.choice([1, 300, 1 << 16]))


@given(st.text(alphabet='<>/="&; \nAObsSrie!-', max_size=80), st.integers(1, 60))
@settings(max_examples=200, deadline=None)
def test_any_markup_behind_observations(body: str, chunk: int) -> None:
    same(specific(f"<DataSet>{FLAT}{body}</DataSet>"), chunk)


@pytest.mark.real
def test_published_messages(shared_data: Path) -> None:
    files = sorted((shared_data / "sdmx").glob("*.xml"))
    assert files
    for path in files:
        data = path.read_bytes()
        assert same(data, 20_000) > len(data) // 3, path.name


# ---- side by side --------------------------------------------------------------------------------------------


def in_workers(monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    monkeypatch.setattr(sdmx_ml_feed, "cores", lambda: workers)


def many(count: int = 3000) -> str:
    return "".join(f'<Series S="{n}">\n<Obs T="1"/>\n\n<Obs T="2" V="{n}"/></Series>\n' for n in range(count))


@pytest.mark.parametrize("name", REGULAR)
def test_one_worker_and_many_give_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for workers in (1, 2, 4):
        in_workers(monkeypatch, workers)
        assert same(REGULAR[name], 300) > 300


def test_pieces_are_read_in_threads_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: set[str] = set()
    read_piece = BulkReader.read

    def spy(reader: BulkReader, content: bytes) -> Found | None:
        threads.add(threading.current_thread().name)
        return read_piece(reader, content)

    monkeypatch.setattr(BulkReader, "read", spy)
    data = specific(f"<DataSet>{many()}</DataSet>")
    in_workers(monkeypatch, 3)
    same(data, 4000)
    assert any(name.startswith("read") for name in threads)
    threads.clear()
    in_workers(monkeypatch, 1)
    same(data, 4000)
    assert threads == {threading.current_thread().name}


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize(
    "odd", ['<!-- "note" -->', '<Series S="a&amp;b&nbsp;"/>', '<Group S="1" G="late"/>', "<Obs T='1'/>", "text", "<"]
)
def test_what_is_odd_in_the_middle_is_left_to_expat_with_all_behind_it(
    odd: str, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pieces behind it were read already: they are thrown away, and nothing is lost, doubled or out of order."""
    in_workers(monkeypatch, workers)
    before, behind = many(1500), many(1500).replace(' V="', ' LATE="')
    data = specific(f"<DataSet>{before}{odd}{behind}</DataSet>")
    taken = same(data, 2000)
    assert len(before) - 4000 < taken <= len(before)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("read")]


@pytest.mark.parametrize("workers", [1, 4])
def test_many_small_data_sets_are_read_in_bulk(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    in_workers(monkeypatch, workers)
    content = "".join(f'<DataSet U="{n}">{SERIES}</DataSet>\n' for n in range(60))
    assert same(specific(content), 1 << 16) == len(SERIES) * 60
    assert same(specific(content), 500) == len(SERIES) * 60


@pytest.mark.parametrize("fault", [UnreadableFile("stopped"), KeyboardInterrupt()])
def test_reading_that_is_stopped_leaves_no_thread(fault: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    in_workers(monkeypatch, 2)

    def stop(count: int) -> None:
        if count > 60_000:
            raise fault

    with bulk(4000) as taken, pytest.raises(type(fault)):
        open_message(specific(f"<DataSet>{many()}</DataSet>"), on_bytes=stop)
    assert taken
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("read")]


def test_an_error_in_a_thread_is_raised_in_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    read_piece = BulkReader.read

    def fails(reader: BulkReader, content: bytes) -> Found | None:
        if b'S="700"' in content or b'S="900"' in content:
            raise MemoryError("700" if b'S="700"' in content else "900")
        return read_piece(reader, content)

    monkeypatch.setattr(BulkReader, "read", fails)
    in_workers(monkeypatch, 4)
    with bulk(2000) as taken, pytest.raises(MemoryError, match="700"):
        open_message(specific(f"<DataSet>{many()}</DataSet>"))
    assert 0 < sum(taken) < many().index('S="700"')


# ---- values as string views ----------------------------------------------------------------------------------


def test_values_of_every_length_with_few_and_many_distinct_texts() -> None:
    chance = random.Random(6)
    rows = []
    for n in range(2500):
        long = "".join(chance.choice("abcdé😀") for _ in range(n % 40))
        rows.append({"A": "x" * (n % 14), "B": "the same long text", "C": long, "D": "é" * (n % 9), "E": f"{n} &<\n"})
        if n % 3 == 0:
            del rows[-1][chance.choice("ABCDE")]
    content = "".join(f"<Obs{attributes(row)}/>" for row in rows)
    for chunk in (2000, 1 << 20):
        assert same(specific(f"<DataSet>{content}</DataSet>"), chunk) > len(content) // 2


def test_a_text_that_occurs_in_every_row_is_kept_once() -> None:
    content = "".join(f'<Obs T="{n}" C="a comment that is rather long"/>' for n in range(3000))
    message, taken = read(specific(f"<DataSet>{content}</DataSet>"), 1 << 20)
    assert taken
    assert isinstance(message, Message)
    views = message.frame["c"].rechunk().to_arrow(compat_level=pl.CompatLevel.newest())
    assert sum(buffer.size for buffer in views.buffers()[2:]) < 1000
