"""One export: a slice in a form, to its place, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from warehouse.export.place import whole_file, whole_folder
from warehouse.export.slice import Messages, Selection, Slice

if TYPE_CHECKING:
    import duckdb

    from metadata.structure import Structure
    from warehouse.export.header import MessageHeader

Told = Callable[[int], None] | None

REMARKS = (
    "Multiply obs_value by ten to the power of unit_mult before you compare series.",
    "A shaded blank in obs_value is a missing value; obs_status says why.",
)


class Export:
    """A slice that is to be written.

    Attributes:
        rows: the slice.
        total: number of its rows.

    Args:
        connection: to the published copy or a release.
        selection: what is chosen.
        source: the file of the connection.
        sender: id of the sender of messages.
        now: the moment of preparation.

    Raises:
        SdgError: the selection finds nothing, or cannot be made.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, selection: Selection, source: Path, *, sender: str, now: datetime
    ) -> None:
        self.rows = Slice(connection, selection)
        self.total = self.rows.count()
        self._source, self._sender, self._now = source, sender, now

    @property
    def words(self) -> str:
        """What is exported: `report.indicator_observation (indicator 12.4.2)`."""
        chosen = self.rows.words
        return f"{self.rows.table.name} ({chosen})" if chosen != "everything" else self.rows.table.name

    def write(self, form: str, out: Path, told: Told = None) -> int:
        """Write the slice, and return the number of rows or, in an SDMX form, observations.

        Raises:
            SdgError: the form cannot hold the slice. StorageFull: the place cannot be written.
        """
        if form.startswith("sdmx"):
            return self._message(form, out, told)
        return {"csv": self._csv, "parquet": self._parquet, "excel": self._excel, "frictionless": self._package}[form](
            out, told
        )

    # ------------------------------------------------------------------------------------------------- messages

    def _message(self, form: str, out: Path, told: Told) -> int:
        from metadata.structure import load_structure
        from warehouse.export.header import MessageHeader, Reference

        structure = load_structure()
        messages = Messages(self.rows, structure)
        if form.startswith("sdmx-csv"):
            messages.refuse_twice()
        header = MessageHeader(self._sender, Reference.of(structure), self._now, _message_id(self._now))
        with whole_file(out) as partial, partial.open("wb") as stream:
            return _writer(form, header, structure)(messages, stream, told)

    # --------------------------------------------------------------------------------------------------- tables

    def _csv(self, out: Path, told: Told) -> int:
        from warehouse.export.table import csvw, write_csv

        beside = out.with_name(f"{out.name}-metadata.json")
        with whole_file(beside) as described, whole_file(out) as partial:
            with partial.open("wb") as stream:
                count = write_csv(self.rows, self.rows.table, stream, told=told)
            described.write_text(csvw(self.rows.table, _codes(), out.name), encoding="utf-8")
        return count

    def _parquet(self, out: Path, told: Told) -> int:
        from warehouse.export.table import write_parquet

        with whole_file(out) as partial:
            return write_parquet(self.rows, self.rows.table, partial, told=told)

    def _excel(self, out: Path, told: Told) -> int:
        from metadata.structure import load_structure
        from warehouse.export.notes import notes
        from warehouse.export.workbook import in_order, write_workbook

        same = self.rows.same_everywhere() if self.total > 1 else {}
        left_out = {name: value for name, value in same.items() if value in ("", "_T")}
        columns = in_order([column for column in self.rows.table.columns if column.name not in left_out])
        remarks = REMARKS if "obs_value" in {column.name for column in columns} else ()
        sections = notes(
            self.rows, load_structure(), self._source, made=self._now, left_out=left_out, remarks=remarks
        )
        with whole_file(out) as partial:
            return write_workbook(self.rows, columns, sections, partial, count=self.total, told=told)

    def _package(self, out: Path, told: Told) -> int:
        import tempfile

        from warehouse.export.table import PACKAGE, write_package, zipped

        table = self.rows.table
        sources = [{"title": f"Provider {one}"} for one in self._providers()]
        described: dict[str, Any] = {"title": f"{table.name}: {self.rows.words}", "made": self._now, "sources": sources}
        if out.suffix.lower() != ".zip":
            with whole_folder(out, PACKAGE) as folder:
                return write_package(self.rows, table, _codes(), folder, told=told, **described)
        with whole_file(out) as partial, tempfile.TemporaryDirectory(dir=partial.parent, prefix=".sdg-") as name:
            count = write_package(self.rows, table, _codes(), Path(name), told=told, **described)
            zipped(Path(name), partial)
        return count

    def _providers(self) -> list[str]:
        names = {column.name for column in self.rows.table.columns}
        return self.rows.distinct("provider") if "provider" in names else []


def _writer(form: str, header: MessageHeader, structure: Structure) -> Callable[[Messages, Any, Told], int]:
    parts = structure.components
    if form.startswith("sdmx-csv"):
        from warehouse.export.sdmx_csv import write_sdmx_csv

        version: Literal["1.0", "2.0"] = "2.0" if form == "sdmx-csv-2" else "1.0"
        return lambda rows, stream, told: write_sdmx_csv(rows, header, parts, stream, version=version, told=told)
    if form == "sdmx-json":
        from warehouse.export.sdmx_json import write_sdmx_json

        names = {
            one.id: {code.id: code.name for code in codelist.codes.values()}
            for one in parts if (codelist := structure.codelist(one.id)) is not None
        }
        return lambda rows, stream, told: write_sdmx_json(rows, header, parts, stream, names=names, told=told)
    from warehouse.export.sdmx_ml import write_sdmx_ml

    ml_version: Literal["2.1", "3.0"] = "3.0" if form == "sdmx-ml-3" else "2.1"
    return lambda rows, stream, told: write_sdmx_ml(rows, header, parts, stream, version=ml_version, told=told)


def _message_id(now: datetime) -> str:
    return f"SDG_{now:%Y%m%dT%H%M%S}"


def _codes() -> dict[str, tuple[str, ...]]:
    from metadata.derive.table_schema import allowed_codes
    from metadata.load import load_catalogue
    from metadata.structure import load_structure

    return allowed_codes(load_structure(), load_catalogue())
