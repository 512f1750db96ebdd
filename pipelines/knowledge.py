"""All that a delivery is judged by, read once a process: indicators, structure, areas, providers.

Here is only the gathering; what each of them means is in `metadata` and in `pipelines.provider`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metadata.areas import Areas
    from metadata.load import Catalogue
    from metadata.structure import Structure
    from pipelines.provider import Providers


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All that a delivery is judged by, read once a process.

    Attributes:
        catalogue: the declared indicators and series.
        structure: the global data structure and its codelists.
        areas: M49 areas, groups and memberships.
        providers: the declared providers, and the broken ones with their complaint.
        today: the day that counts as today for "in the future".
    """

    catalogue: Catalogue
    structure: Structure
    areas: Areas
    providers: Providers
    today: date

    @classmethod
    def read(cls, *, providers_folder: Path | None = None, extra_providers: Path | None = None) -> Knowledge:
        """Read every declaration.

        Args:
            providers_folder: where the providers' files are; None for the embedded ones.
            extra_providers: a second folder of providers that adds to the first.

        Raises:
            DeclarationErrors: an indicator's declaration is broken: nothing may be judged with it.
        """
        from metadata.areas import load_areas
        from metadata.load import load_catalogue
        from metadata.structure import load_structure
        from pipelines.provider import load_providers

        return cls(
            catalogue=load_catalogue(),
            structure=load_structure(),
            areas=load_areas(),
            providers=load_providers(providers_folder, extra_providers),
            today=datetime.now(UTC).date(),
        )
