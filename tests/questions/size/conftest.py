"""The design of the study of size on the committed panel, and settings for quick runs."""

from __future__ import annotations

import pytest

from analysis.questions.size.design import Cell, Design, Settings, cells
from analysis.questions.size.record import design_of, read_record


@pytest.fixture(scope="session")
def design(committed) -> Design:
    """Built once, under the rules of the committed record: a second on the committed panel."""
    return design_of(read_record(), committed)


@pytest.fixture(scope="session")
def settings() -> Settings:
    """The committed settings."""
    return Settings()


@pytest.fixture(scope="session")
def by_name(design, settings) -> dict[str, Cell]:
    """The committed cells by name."""
    return {cell.name: cell for cell in cells(design, settings)}
