"""The embedded structure: components, codelists, series, and what is said when a file of it is damaged."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from metadata.errors import ConfigurationError, SdgError
from metadata.sdmx_files import EMBEDDED, expand, split_reference
from metadata.structure import Structure, is_ours, load_structure, nearest

DIMENSIONS = [
    "FREQ",
    "REPORTING_TYPE",
    "SERIES",
    "REF_AREA",
    "SEX",
    "AGE",
    "URBANISATION",
    "INCOME_WEALTH_QUANTILE",
    "EDUCATION_LEV",
    "OCCUPATION",
    "CUST_BREAKDOWN",
    "COMPOSITE_BREAKDOWN",
    "DISABILITY_STATUS",
    "ACTIVITY",
    "PRODUCT",
]
ATTRIBUTES = [
    "OBS_STATUS",
    "UNIT_MULT",
    "UNIT_MEASURE",
    "BASE_PER",
    "NATURE",
    "TIME_DETAIL",
    "COMMENT_OBS",
    "TIME_COVERAGE",
    "UPPER_BOUND",
    "LOWER_BOUND",
    "SOURCE_DETAIL",
    "COMMENT_TS",
    "GEO_INFO_URL",
    "GEO_INFO_TYPE",
    "CUST_BREAKDOWN_LB",
    "DATA_LAST_UPDATE",
]

HEAD = b"agency: A\nid: B\nversion: '1'\ncomponents:\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the embedded folder that a test may damage."""
    copy = tmp_path / "sdmx"
    shutil.copytree(EMBEDDED, copy)
    return copy


def test_components_stand_in_the_column_order_of_sdmx_csv() -> None:
    structure = load_structure()
    assert structure.version_label == "IAEG-SDGs:SDG(1.14)"
    assert [component.id for component in structure.dimensions] == DIMENSIONS
    assert [component.id for component in structure.attributes] == ATTRIBUTES
    expected = [name.lower() for name in [*DIMENSIONS, "TIME_PERIOD", "OBS_VALUE", *ATTRIBUTES]]
    assert list(structure.columns) == expected
    assert [component.position for component in structure.components] == list(range(1, 34))
    assert (structure.time.id, structure.time.text_type) == ("TIME_PERIOD", "observationalTimePeriod")
    assert (structure.measure.id, structure.measure.text_type) == ("OBS_VALUE", "double")
    assert repr(structure) == "Structure(IAEG-SDGs:SDG(1.14))"


def test_the_mandatory_attributes_and_their_attachment() -> None:
    structure = load_structure()
    mandatory = {a.id: a.attachment for a in structure.attributes if a.mandatory}
    assert mandatory == {"OBS_STATUS": "observation", "UNIT_MULT": "observation", "UNIT_MEASURE": "series"}
    assert all(component.mandatory for component in structure.dimensions)
    assert structure.component("COMMENT_TS").attachment == "series"
    assert structure.component("NATURE").attachment == "observation"


def test_an_unknown_component_names_the_nearest() -> None:
    with pytest.raises(SdgError) as raised:
        load_structure().component("UNIT_MESURE")
    assert str(raised.value) == (
        "UNIT_MESURE is not a component of IAEG-SDGs:SDG(1.14). The nearest is UNIT_MEASURE, UNIT_MULT."
    )
    with pytest.raises(SdgError, match=r"^XYZ is not a component .* It has FREQ, REPORTING_TYPE, "):
        load_structure().codelist("XYZ")


def test_codelists() -> None:
    structure = load_structure()
    sex = structure.codelist("SEX")
    assert sex is not None
    assert (sex.agency, sex.id, sex.version, sex.complete) == ("IAEG-SDGs", "CL_SEX", "1.1", True)
    assert sex.ids() == {"_T", "F", "M", "_O", "_U", "_N", "_X"}
    assert "F" in sex
    assert "Female" not in sex
    assert next(iter(sex)) == "_T"
    assert sex.codes["F"].name == "Female"
    assert structure.codelist("SEX") is sex
    assert structure.component("FREQ").codelist == "SDMX:CL_FREQ"
    assert structure.codelist("OBS_VALUE") is None
    for component in structure.components:
        codelist = structure.codelist(component.id)
        assert (codelist is None) == (component.codelist is None)
        if codelist is not None:
            assert component.codelist == f"{codelist.agency}:{codelist.id}"
            assert codelist.codes


def test_areas_are_numeric_and_unpadded() -> None:
    areas = load_structure().codelist("REF_AREA")
    assert areas is not None
    assert not areas.complete
    assert len(areas.codes) == 370
    assert all(code.isdecimal() and not code.startswith("0") for code in areas)
    assert areas.codes["417"].name == "Kyrgyzstan"
    assert "KG" not in areas


def test_custom_breakdown_is_unfolded() -> None:
    custom = load_structure().codelist("CUST_BREAKDOWN")
    assert custom is not None
    assert len(custom.codes) == 5001
    assert [custom.codes[code].name for code in ("_T", "C01", "C99", "C100", "C5000")] == [
        "No breakdown",
        "Custom code 01",
        "Custom code 99",
        "Custom code 100",
        "Custom code 5000",
    ]
    assert not {"C1", "C00", "C5001"} & custom.ids()


def test_codes_seen_after_the_version_are_allowed_and_marked() -> None:
    product = load_structure().codelist("PRODUCT")
    assert product is not None
    later = {code.id for code in product.codes.values() if code.seen_in != "1.14"}
    assert later == {
        "AGG_ANIMAL_PROD",
        "AGG_CRL_PUL",
        "AGG_FRT_VGT",
        "AGG_RT_TBR",
        "AGG_MIX_CMPLX",
        "AGG_WST_TREATD",
    }
    assert product.codes["AGG_MIX_CMPLX"].seen_in == "2026"


def test_the_series_that_are_ours() -> None:
    index = load_structure().series_index
    ours = {code for code, entry in index.items() if entry.ours}
    assert len(ours) == 116
    assert {code for code in ours if index[code].seen_in == "2026"} == {
        "EN_ATM_GHGT_WLU",
        "EN_ATM_GHGT_WOLU",
        "EN_BITR_REP",
        "EN_BITR_REP_DV",
        "EN_LGHG_STR",
        "EN_LGHG_STR_DV",
    }
    assert all(index[code].name for code in ours)
    assert index["VC_DSR_MTMP"].indicators == ("1.5.1", "11.5.1", "13.1.1")
    assert index["VC_DSR_MTMP"].indicator_code == "C200303"
    assert set(index) == load_structure().codelist("SERIES").ids()  # type: ignore[union-attr]


def test_series_of_other_goals_have_no_name_here() -> None:
    entry = load_structure().series_index["SI_POV_DAY1"]
    assert (entry.ours, entry.name, entry.indicators, entry.seen_in) == (False, None, ("1.1.1",), "1.14")
    codelist = load_structure().codelist("SERIES")
    assert codelist is not None
    assert codelist.codes["SI_POV_DAY1"].name == "SI_POV_DAY1"
    assert not load_structure().series_index["NY_GDP_MKTP_KD_ZG"].ours  # 17.13.1


def test_a_retired_series_names_its_heir() -> None:
    entry = load_structure().series_index["AG_FLS_IDX"]
    assert (entry.retired, entry.heir, entry.indicators, entry.ours) == (
        True,
        "AG_FLS_INDEX",
        ("12.3.1",),
        True,
    )
    assert not load_structure().series_index["AG_FLS_INDEX"].retired


@pytest.mark.parametrize(
    ("numbers", "ours"),
    [
        (["12.4.2"], True),
        (["8.4.2", "12.2.2"], True),
        (["13.b.1"], True),
        (["17.12.1"], False),
        (["1.2.1"], False),
        ([], False),
    ],
)
def test_is_ours(numbers: list[str], ours: bool) -> None:
    assert is_ours(numbers) is ours


def test_nearest_ignores_case_and_leaves_out_what_is_not_alike() -> None:
    assert nearest("en_haz_pcap ", ["EN_HAZ_PCAP", "EN_HAZ_EXP", "SEX"])[0] == "EN_HAZ_PCAP"
    assert nearest("zzz", ["SEX", "AGE"]) == []
    assert len(nearest("SEX_1", [f"SEX_{n}" for n in range(10)], n=2)) == 2


def test_the_fingerprint_follows_the_content(folder: Path) -> None:
    assert Structure(folder).fingerprint == load_structure().fingerprint
    path = folder / "codelists" / "CL_SEX.csv"
    path.write_text(path.read_text(encoding="utf-8") + "Z,Another\n", encoding="utf-8")
    changed = Structure(folder)
    assert changed.fingerprint != load_structure().fingerprint
    assert "Z" in (changed.codelist("SEX") or ())


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as raised:
        load_structure(tmp_path)
    assert str(raised.value) == (
        f"{tmp_path / 'structure.yaml'}: A file of the embedded structure is missing. "
        "Restore it from version control."
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"a: [", "A file of the embedded structure is not YAML"),
        (b"\xff\xfe\x00", "A file of the embedded structure is not YAML"),
        (b"- a\n", "A file of the embedded structure holds no mapping."),
        (b"agency: X\n", "A file of the embedded structure is not what we write (KeyError('id'))."),
        (b"agency: A\nid: B\nversion: '1'\ncomponents: 3\n", "is not what we write (TypeError("),
        (
            HEAD + b"- {id: X, role: dimention, mandatory: true, name: X}\n",
            "is not what we write (ValueError(\"X has the role 'dimention' and the attachment None\"))",
        ),
        (
            HEAD + b"- {id: X, role: dimension, mandatory: true, name: X, codelist: CL_X}\n",
            "'CL_X' is not of the form agency:id(version)",
        ),
    ],
)
def test_a_damaged_structure_file_is_said(folder: Path, content: bytes, sentence: str) -> None:
    (folder / "structure.yaml").write_bytes(content)
    with pytest.raises(ConfigurationError) as raised:
        load_structure(folder)
    assert sentence in str(raised.value)
    assert str(raised.value).startswith(str(folder / "structure.yaml"))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            b"code,name\nF\n",
            "CL_SEX.csv:2: A file of the embedded structure has a row of more or fewer cells",
        ),
        (
            b"code,name\n_T,Total\nF,Female,x\n",
            "CL_SEX.csv:3: A file of the embedded structure has a row of more",
        ),
        (b"code,title\nF,Female\n", "CL_SEX.csv:1: A file of the embedded structure has no column name."),
        (b"code,name\nF,\xff\n", "cannot be read as CSV in UTF-8"),
        (b'code,name\nF,"a"b\n', "cannot be read as CSV in UTF-8"),
        (None, "CL_SEX.csv: A file of the embedded structure is missing."),
    ],
)
def test_a_damaged_codelist_is_said(folder: Path, content: bytes | None, sentence: str) -> None:
    path = folder / "codelists" / "CL_SEX.csv"
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    structure = load_structure(folder)
    assert structure.codelist("AGE") is not None
    with pytest.raises(ConfigurationError) as raised:
        structure.codelist("SEX")
    assert sentence in str(raised.value)


def test_a_folder_without_additions_is_whole(folder: Path) -> None:
    (folder / "additions.csv").unlink()
    assert sum(entry.ours for entry in load_structure(folder).series_index.values()) == 110


def test_expand_and_split() -> None:
    assert list(expand("C08..C11", "Code {}")) == [
        ("C08", "Code 08"),
        ("C09", "Code 09"),
        ("C10", "Code 10"),
        ("C11", "Code 11"),
    ]
    assert list(expand("ISIC4_A..S", "as it stands {}")) == [("ISIC4_A..S", "as it stands {}")]
    assert split_reference("SDMX:CL_FREQ(2.0)") == ("SDMX", "CL_FREQ", "2.0")
    with pytest.raises(ValueError, match=r"'CL_FREQ' is not of the form agency:id\(version\)"):
        split_reference("CL_FREQ")


def test_loading_imports_nothing_heavy() -> None:
    """A small command must not pay for libraries that the structure does not need."""
    script = (
        "import sys; from metadata.structure import load_structure; s = load_structure(); s.series_index; "
        "s.codelist('SEX'); from metadata.areas import load_areas; load_areas().memberships; "
        "print(sorted({'polars', 'pyarrow', 'sdmx', 'lxml', 'pandas', 'duckdb'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=EMBEDDED.parents[1]
    )
    assert run.stdout.strip() == "[]"
