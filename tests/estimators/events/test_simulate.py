"""The simulators have the moments that they promise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from analysis.estimators.events import simulate

SHAPE = (60, 500, 3)


def of(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize(
    ("law", "error"),
    [
        (lambda: simulate.normal(SHAPE, of(1)), 0.02),
        (lambda: simulate.student(SHAPE, of(2)), 0.05),
        (lambda: simulate.garch(SHAPE, of(3)), 0.05),
        (lambda: simulate.correlated(SHAPE, of(4), 0.5), 0.02),
    ],
    ids=["normal", "student", "garch", "correlated"],
)
def test_errors_have_mean_zero_and_unit_variance(law, error):
    """30,000 sessions of three firms."""
    drawn = law()
    assert drawn.shape == SHAPE
    assert drawn.mean() == pytest.approx(0.0, abs=0.02)
    assert drawn.var() == pytest.approx(1.0, abs=error)


def test_student_tails_are_those_of_four_degrees_of_freedom():
    """The share beyond three standard deviations is the t's, four times the normal's."""
    drawn = simulate.student((100, 1000, 3), of(5))
    expected = 2 * stats.t.sf(3 * np.sqrt(2), 4)
    assert (np.abs(drawn) > 3).mean() == pytest.approx(expected, rel=0.05)
    assert expected > 4 * 2 * stats.norm.sf(3)


def test_student_without_a_variance_is_refused():
    """Two degrees of freedom have none."""
    with pytest.raises(ValueError, match="more than two degrees"):
        simulate.student(SHAPE, of(1), df=2)


def test_garch_squares_decay_with_the_persistence():
    """Autocorrelations of squares: the known first one, then a factor of 0.95 a session."""
    squares = simulate.garch((200, 2000, 2), of(6)) ** 2
    centred = squares - squares.mean()
    rho = [(centred[:, lag:] * centred[:, : 2000 - lag]).mean() for lag in (1, 5)]
    rho = np.array(rho) / centred.var()
    arch, p = 0.10, 0.95
    first = arch * (1 - p * (p - arch)) / (1 - p**2 + arch**2)
    assert rho[0] == pytest.approx(first, rel=0.15)
    assert rho[1] / rho[0] == pytest.approx(p**4, abs=0.08)


def test_garch_without_arch_is_normal_noise():
    """At weight zero the variance never moves."""
    drawn = simulate.garch(SHAPE, of(7), arch=0.0, persistence=0.9)
    np.testing.assert_allclose(drawn, np.moveaxis(
        of(7).standard_normal((simulate.BURN_IN + 500, 60, 3))[simulate.BURN_IN:], 0, 1
    ))  # fmt: skip


@pytest.mark.parametrize("weights", [(0.3, 0.2), (-0.1, 0.5), (0.1, 1.0)])
def test_explosive_garch_is_refused(weights):
    """Weights must be ordered and the persistence below one."""
    with pytest.raises(ValueError, match="garch"):
        simulate.garch(SHAPE, of(1), *weights)


@pytest.mark.parametrize("correlation", [0.0, 0.5, 1.0])
def test_firms_of_a_session_correlate_as_asked(correlation):
    """Between firms on a session; not between sessions."""
    drawn = simulate.correlated(SHAPE, of(8), correlation)
    flat = drawn.reshape(-1, 3)
    pairs = np.asarray(np.corrcoef(flat.T))[np.triu_indices(3, 1)]
    np.testing.assert_allclose(pairs, correlation, atol=0.02)
    assert np.corrcoef(drawn[:, 1:, 0].ravel(), drawn[:, :-1, 0].ravel())[0, 1] == pytest.approx(
        0.0, abs=0.02
    )


def test_negative_correlation_is_refused():
    """One common factor cannot make it."""
    with pytest.raises(ValueError, match="correlation"):
        simulate.correlated(SHAPE, of(1), -0.1)


def test_jump_doubles_the_variance_on_its_sessions_alone():
    """Other sessions, and the array handed in, stay as they are."""
    errors = simulate.normal((4000, 10, 3), of(9))
    before = errors.copy()
    jumped = simulate.with_jump(errors, [4, 5], 2.0)
    np.testing.assert_array_equal(errors, before)
    np.testing.assert_allclose(jumped[:, [4, 5]].var() / errors[:, [4, 5]].var(), 2.0)
    np.testing.assert_array_equal(np.delete(jumped, [4, 5], 1), np.delete(errors, [4, 5], 1))


def test_resampled_blocks_are_runs_of_whole_rows():
    """Each session is an observed row, and within a block the next one follows."""
    rows = np.column_stack([np.arange(50.0), 100 + np.arange(50.0)])
    drawn = simulate.resampled(rows, 20, 35, 10, of(10))
    assert drawn.shape == (20, 35, 2)
    np.testing.assert_array_equal(drawn[..., 1] - drawn[..., 0], 100)
    steps = np.diff(drawn[..., 0], axis=1) % 50
    inside = (np.arange(34) + 1) % 10 != 0
    assert (steps[:, inside] == 1).all()
    assert (steps[:, ~inside] != 1).mean() > 0.9


def test_every_row_is_equally_likely():
    """Blocks wrap around, so that rows at the ends are drawn as often as others."""
    rows = np.arange(20.0)[:, None]
    drawn = simulate.resampled(rows, 4000, 20, 5, of(11))
    counts = np.bincount(drawn.astype(int).ravel(), minlength=20) / drawn.size
    np.testing.assert_allclose(counts, 0.05, atol=0.004)


@pytest.mark.parametrize("block", [0, 21])
def test_impossible_block_is_refused(block):
    """A block holds one session at least and all rows at most."""
    with pytest.raises(ValueError, match="block of 1 to 20"):
        simulate.resampled(np.zeros((20, 2)), 1, 5, block, of(1))
