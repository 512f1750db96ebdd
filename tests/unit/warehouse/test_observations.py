"""What a load makes of staged rows: new, revised, unchanged, withdrawn, held, kept back."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest

from metadata.errors import SdgError
from metadata.findings import Counts
from tests.unit.warehouse.frames import SERIES, START, current, give, request, row
from warehouse.connect import Warehouse
from warehouse.observations import HOLD_KEYS, HOLD_SHARE, load, loads, withdraw


def history(warehouse: Warehouse, columns: str = "time_period, obs_value, superseded_reason") -> list[tuple]:
    return warehouse.connection.execute(
        f"select {columns} from core.observation_history order by version_id"
    ).fetchall()


def test_first_load_makes_new_versions_with_their_whole_origin(warehouse: Warehouse) -> None:
    result = give(warehouse, request(1, [row("2019", 1.5), row("2020", 2.0, correction="scaled by 1000")]))
    assert result.counts == Counts(received=2, new=2)
    assert result.touched_series == {SERIES}
    found = warehouse.connection.execute(
        "select provider, time_period, obs_value, obs_value_text, delivery_id, load_id, opened_reason, recorded_at, "
        "superseded_at, source_sheet, source_row, source_line, metadata_version, structure_version, map_version, "
        "correction, unit_mult, unit_measure from core.observation order by version_id"
    ).fetchall()
    when = START + timedelta(days=1, hours=1)
    common = (None, None)
    assert found == [
        ("KGZ", "2019", 1.5, "1.5", "KGZ-1", 1, "new", when, *common, None, 2, "declared-12",
         "IAEG-SDGs:SDG(1.14)", "map-1", None, 0, "KG"),
        ("KGZ", "2020", 2.0, "2", "KGZ-1", 1, "new", when, *common, None, 3, "declared-12",
         "IAEG-SDGs:SDG(1.14)", "map-1", "scaled by 1000", 0, "KG"),
    ]  # fmt: skip


def test_the_same_delivery_twice_changes_nothing_and_gives_the_first_answer(warehouse: Warehouse) -> None:
    one = request(1, [row("2019", 1.5)])
    first = give(warehouse, one)
    before = history(warehouse, "*"), loads(warehouse)
    second = give(warehouse, one, hours=5)
    assert second.already
    assert not first.already
    assert second.counts == first.counts
    assert (history(warehouse, "*"), loads(warehouse)) == before


def test_a_new_number_is_value_revised_and_a_new_attribute_attributes_revised(warehouse: Warehouse) -> None:
    give(warehouse, request(1, [row("2019", 1.0), row("2020", 2.0), row("2021", 3.0), row("2022", 4.0)]))
    result = give(
        warehouse,
        request(
            2,
            [
                row("2019", 1.0),
                row("2020", 2.5, obs_status="E"),
                row("2021", 3.0, obs_status="E"),
                row("2023", 9.0),
            ],
        ),
    )
    assert result.counts == Counts(received=4, new=1, value_revised=1, attributes_revised=1, unchanged=1)
    assert history(warehouse) == [
        ("2019", 1.0, None), ("2020", 2.0, "value_revised"), ("2021", 3.0, "attributes_revised"), ("2022", 4.0, None),
        ("2020", 2.5, None), ("2021", 3.0, None), ("2023", 9.0, None),
    ]  # fmt: skip
    closed = warehouse.connection.execute(
        "select distinct superseded_by, superseded_at from core.observation_history where superseded_at is not null"
    ).fetchall()
    assert closed == [(2, START + timedelta(days=2, hours=1))]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (row("2019", 1.0, obs_value_text="1"), row("2019", 1.0, obs_value_text="1.0")),
        (row("2019", 0.0), row("2019", -0.0)),
        (row("2019", 1.0, data_last_update="2020-01-01"), row("2019", 1.0, data_last_update="2024-01-01")),
        (row("2019", 1.0, comment_obs=""), row("2019", 1.0, comment_obs=None)),
        (row("2019", 1.0, upper_bound="2"), row("2019", 1.0, upper_bound="2.0")),
        (row("2019", None, obs_status="M"), row("2019", None, obs_status="M")),
    ],
)
def test_spelling_and_the_date_of_the_update_are_no_revision(warehouse: Warehouse, before: dict, after: dict) -> None:
    give(warehouse, request(1, [before]))
    assert give(warehouse, request(2, [after])).counts == Counts(received=1, unchanged=1)
    assert len(history(warehouse)) == 1


@pytest.mark.parametrize(
    ("before", "after", "outcome"),
    [
        (row("2019", None, obs_status="M"), row("2019", 0.0, obs_status="M"), "value_revised"),
        (row("2019", 0.0), row("2019", None), "value_revised"),
        (row("2019", 1.0), row("2019", 1.0, unit_mult=3), "attributes_revised"),
        (row("2019", 1.0, comment_obs="a"), row("2019", 1.0), "attributes_revised"),
        (row("2019", 1.0, upper_bound="<2"), row("2019", 1.0, upper_bound="2"), "attributes_revised"),
        (row("2019", 1.0, source_detail="a"), row("2019", 1.0, comment_ts="a"), "attributes_revised"),
    ],
)
def test_what_is_a_revision(warehouse: Warehouse, before: dict, after: dict, outcome: str) -> None:
    give(warehouse, request(1, [before]))
    assert give(warehouse, request(2, [after])).counts == Counts(received=1, **{outcome: 1})


def test_another_provider_has_its_own_versions(warehouse: Warehouse) -> None:
    give(warehouse, request(1, [row("2019", 1.0)]))
    result = give(warehouse, request(2, [row("2019", 7.0)], provider="UNSD", replaces="provider"))
    assert result.counts == Counts(received=1, new=1)
    assert sorted(history(warehouse, "provider, obs_value, superseded_at")) == [
        ("KGZ", 1.0, None),
        ("UNSD", 7.0, None),
    ]


def test_keys_of_the_scope_that_did_not_come_are_withdrawn(warehouse: Warehouse) -> None:
    other = row("2019", 5.0, series="VC_DSR_MTMP")
    give(warehouse, request(1, [row("2019", 1.0), row("2020", 2.0), other]))
    result = give(
        warehouse,
        request(2, [row("2019", 1.0)], replaces="indicator", scope_series=frozenset([SERIES, "EN_HAZ_GENV"])),
    )
    assert result.counts == Counts(received=1, unchanged=1, withdrawn=1)
    assert result.withdrawal == (1, 2)
    assert result.touched_series == {SERIES}
    assert [r for r in history(warehouse, "series, time_period, superseded_reason") if r[2]] == [
        (SERIES, "2020", "withdrawn: not in the delivery that replaces its scope")
    ]
    whole = give(warehouse, request(3, [row("2019", 1.0)], replaces="provider"))
    assert whole.counts.withdrawn == 1
    assert whole.touched_series == {"VC_DSR_MTMP"}


def test_a_delivery_that_replaces_nothing_withdraws_nothing(warehouse: Warehouse) -> None:
    give(warehouse, request(1, [row("2019", 1.0), row("2020", 2.0)]))
    assert give(warehouse, request(2, [row("2019", 1.0)])).counts.withdrawn == 0
    assert current(warehouse) == {"2019": 1.0, "2020": 2.0}


def test_a_large_withdrawal_is_held_and_writes_nothing_until_it_is_confirmed(warehouse: Warehouse) -> None:
    many = [row(str(year), float(year)) for year in range(2000, 2010)]
    give(warehouse, request(1, many))
    before = history(warehouse, "*")
    smaller = request(
        2, [*many[:4], row("2030", 1.0)], kept=[row("1990", 1.0)], replaces="provider",
        counts=Counts(received=9, quarantined=1, duplicate=2, out_of_scope=1),
    )  # fmt: skip
    held = give(warehouse, smaller)
    assert held.held
    assert held.load_id is None
    assert held.withdrawal == (6, 10)
    assert held.counts == Counts(received=9, rejected=6, duplicate=2, out_of_scope=1)
    assert history(warehouse, "*") == before
    assert warehouse.connection.execute("select count(*) from core.quarantine").fetchall() == [(0,)]
    assert len(loads(warehouse)) == 1
    confirmed = give(warehouse, smaller, confirm=True)
    assert not confirmed.held
    assert confirmed.counts == Counts(
        received=9, new=1, unchanged=4, quarantined=1, duplicate=2, out_of_scope=1, withdrawn=6
    )


@pytest.mark.parametrize(("total", "gone", "held"), [(4, 4, False), (25, 5, False), (24, 5, True), (25, 6, True)])
def test_the_limits_of_the_hold(warehouse: Warehouse, total: int, gone: int, held: bool) -> None:
    assert (HOLD_KEYS, HOLD_SHARE) == (5, 0.20)
    rows = [row(str(1980 + i), 1.0) for i in range(total)]
    give(warehouse, request(1, rows))
    assert give(warehouse, request(2, rows[gone:], replaces="provider")).held is held


def test_a_named_delete_withdraws_its_key_and_is_never_held(warehouse: Warehouse) -> None:
    rows = [row(str(year), 1.0) for year in range(2000, 2010)]
    give(warehouse, request(1, rows))
    result = give(warehouse, request(2, [row("2003", 2.0)], deleted=[*rows[:8], row("1900")], replaces="delete"))
    assert not result.held
    assert result.counts == Counts(received=1, value_revised=1, withdrawn=7)
    assert current(warehouse) == {"2003": 2.0, "2008": 1.0, "2009": 1.0}
    assert ("2000", 1.0, "withdrawn: named by a Delete of the delivery") in history(warehouse)


def test_a_key_whose_row_is_quarantined_came_and_its_value_is_marked(warehouse: Warehouse) -> None:
    give(warehouse, request(1, [row("2019", 1.0), row("2020", 2.0)]))
    result = give(warehouse, request(2, [row("2019", 1.0)], kept=[row("2020", 99.0)], replaces="provider"))
    assert result.counts == Counts(received=2, unchanged=1, quarantined=1)
    assert result.kept_by_quarantine == 1
    held = "select time_period, obs_value, held_by_delivery from core.observation order by 1"
    assert warehouse.connection.execute(held).fetchall() == [("2019", 1.0, None), ("2020", 2.0, "KGZ-2")]
    kept = warehouse.connection.execute(
        "select time_period, obs_value_text, rule, message, delivery_id, load_id, resolved_at from core.quarantine"
    ).fetchall()
    assert kept == [("2020", "99", "UNIT-OTHER", "KG is declared, PT was found.", "KGZ-2", 2, None)]
    give(warehouse, request(3, [row("2019", 1.0), row("2020", 2.0)], replaces="provider"))
    assert warehouse.connection.execute(held).fetchall() == [("2019", 1.0, None), ("2020", 2.0, None)]
    resolved = "select resolution, resolved_by_load from core.quarantine"
    assert warehouse.connection.execute(resolved).fetchall() == [("accepted", 3)]


def test_quarantined_rows_without_a_whole_key_are_kept_and_hold_nothing(warehouse: Warehouse) -> None:
    give(warehouse, request(1, [row("2019", 1.0)]))
    result = give(warehouse, request(2, kept=[{**row("2019", 1.0), "sex": None}]))
    assert result.kept_by_quarantine == 0
    assert warehouse.connection.execute("select sex, time_period from core.quarantine").fetchall() == [(None, "2019")]


def test_core_load_states_what_was_done_and_by_which_versions(warehouse: Warehouse) -> None:
    give(warehouse, request(1, [row("2019", 1.0)], replaces="indicator", scope_series=frozenset([SERIES])))
    (found,) = loads(warehouse)
    assert (found.load_id, found.action, found.delivery_id, found.provider) == (1, "load", "KGZ-1", "KGZ")
    assert found.sha256 == f"{1:064x}"
    assert (found.received_at, found.loaded_at) == (
        START + timedelta(days=1),
        START + timedelta(days=1, hours=1),
    )
    assert (found.decision, found.counts) == ("load", Counts(received=1, new=1))
    assert (found.replaces, found.scope_series, found.touched_series) == ("indicator", {SERIES}, {SERIES})
    assert found.metadata_versions == {"12.4.2": "declared-12", "13.1.1": "declared-13"}
    assert (found.structure_version, found.map_version) == ("IAEG-SDGs:SDG(1.14)", "map-1")
    assert found.withdrawn_at is None


def test_as_of_reads_what_was_current_then(warehouse: Warehouse) -> None:
    give(warehouse, request(1, [row("2019", 1.0), row("2020", 2.0)]))
    give(warehouse, request(2, [row("2019", 1.5)], replaces="provider"))
    as_of = "select time_period, obs_value from core.observation_as_of(cast(? as timestamptz)) order by 1"
    moments = [
        START,
        START + timedelta(days=1, hours=1),
        START + timedelta(days=2),
        START + timedelta(days=2, hours=1),
    ]
    found = [warehouse.connection.execute(as_of, [moment.isoformat()]).fetchall() for moment in moments]
    first = [("2019", 1.0), ("2020", 2.0)]
    assert found == [[], first, first, [("2019", 1.5)]]


def test_an_older_delivery_that_is_loaded_late_does_not_overwrite_a_later_one(warehouse: Warehouse) -> None:
    give(warehouse, request(2, [row("2019", 2.0), row("2021", 5.0)]))
    late = give(warehouse, request(1, [row("2019", 1.0), row("2020", 3.0), row("2021", 5.0)]), hours=100)
    assert late.counts == Counts(received=3, new=1, unchanged=2)
    assert late.left_to_later == 1
    assert current(warehouse) == {"2019": 2.0, "2020": 3.0, "2021": 5.0}


def test_an_older_delivery_brings_nothing_into_series_whose_scope_a_later_one_replaced(
    warehouse: Warehouse,
) -> None:
    give(warehouse, request(2, [row("2019", 2.0)], replaces="indicator", scope_series=frozenset([SERIES])))
    late = give(
        warehouse,
        request(1, [row("2018", 1.0), row("2018", 3.0, series="VC_DSR_MTMP")], replaces="provider"),
        hours=100,
    )
    assert late.counts == Counts(received=2, new=1, unchanged=1)
    assert late.left_to_later == 1
    assert late.counts.withdrawn == 0
    assert current(warehouse) == {"2018": 3.0, "2019": 2.0}


def test_an_older_delivery_does_not_bring_back_what_a_later_one_deleted(warehouse: Warehouse) -> None:
    give(warehouse, request(1, [row("2019", 1.0)]))
    give(warehouse, request(3, deleted=[row("2019")], replaces="delete"))
    late = give(warehouse, request(2, [row("2019", 4.0)]), hours=100)
    assert late.left_to_later == 1
    assert current(warehouse) == {}


def test_equal_keys_in_the_staged_rows_are_refused_and_nothing_is_loaded(warehouse: Warehouse) -> None:
    with pytest.raises(SdgError, match="1 keys stand more than once where each may stand once; nothing was loaded"):
        give(warehouse, request(1, [row("2019", 1.0), row("2019", 2.0)]))
    assert history(warehouse) == []
    assert loads(warehouse) == []


def test_counts_that_do_not_add_up_are_refused_and_nothing_is_loaded(warehouse: Warehouse) -> None:
    with pytest.raises(SdgError, match=r"The counts of delivery KGZ-1 do not add up: .*nothing was loaded"):
        give(warehouse, request(1, [row("2019", 1.0)], counts=Counts(received=2)))
    with pytest.raises(SdgError, match="counts 3 quarantined rows and brings 0; nothing was loaded"):
        give(warehouse, request(1, [row("2019", 1.0)], counts=Counts(received=4, quarantined=3)))
    assert history(warehouse) == []


def test_a_series_without_declaration_is_refused(warehouse: Warehouse) -> None:
    with pytest.raises(
        SdgError, match=r"No declaration's version is known for the series SI_POV_DAY1; nothing was loaded"
    ):
        give(warehouse, request(1, [row("2019", 1.0, series="SI_POV_DAY1")]))
    with pytest.raises(SdgError, match="No declaration's version is known for the series VC_DSR_MTMP"):
        give(warehouse, request(1, [row("2019", 1.0, series="VC_DSR_MTMP")], metadata_versions={"12.4.2": "x"}))


def test_frames_of_another_shape_are_refused(warehouse: Warehouse) -> None:
    one = request(1, [row("2019", 1.0)])
    wrong = one.staged.drop("obs_status").with_columns(pl.lit("3").alias("unit_mult"))
    with pytest.raises(SdgError, match="The staged frame lacks obs_status, unit_mult, or has another type there"):
        give(warehouse, request(1, [], staged=wrong, counts=Counts(received=1)))
    with pytest.raises(SdgError, match="The staged frame has rows without sex: they have no identity"):
        give(warehouse, request(1, [row("2019", 1.0, sex=None)]))
    with pytest.raises(SdgError, match="The staged frame has NaN in obs_value; missing is null"):
        give(warehouse, request(1, [row("2019", float("nan"))]))


def test_load_numbers_rise_and_a_failed_load_leaves_no_gap(warehouse: Warehouse) -> None:
    give(warehouse, request(1, [row("2019", 1.0)]))
    with pytest.raises(SdgError):
        give(warehouse, request(2, [row("2019", 1.0)], counts=Counts(received=7)))
    assert give(warehouse, request(2, [row("2019", 2.0)])).load_id == 2


def test_a_withdrawn_delivery_cannot_be_loaded_again(warehouse: Warehouse) -> None:
    one = request(1, [row("2019", 1.0)])
    give(warehouse, one)
    withdraw(warehouse, "KGZ-1", "sent by mistake", START + timedelta(days=3))
    with pytest.raises(SdgError, match=r"Delivery KGZ-1 was withdrawn: sent by mistake\. .*--again"):
        load(warehouse, one, now=START + timedelta(days=4))
