"""The event study on a dask cluster: what comes back is what this process computes."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.__main__ import main
from analysis.estimators.blocks import here
from analysis.estimators.events.abnormal import event_study
from analysis.estimators.events.named_tests import run_tests
from analysis.userfiles.cluster import dask_runner

EXAMPLE = Path(__file__).parents[2] / "docs" / "example"
TESTS = ["patell", "bmp", "kp_patell", "kp_bmp", "corrado", "corrado_zivney", "grank_t",
         "generalized_sign"]  # fmt: skip


def words(out: Path, *more: str) -> list[str]:
    files = ["--prices", str(EXAMPLE / "prices.csv"), "--events", str(EXAMPLE / "events.csv")]
    return [
        "event-study",
        *files,
        "--benchmark",
        "SPY",
        "--placebo",
        "50",
        "--out",
        str(out),
        *more,
    ]


def everything(returns, events, run) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    study = event_study(returns, events, factors=("M",), run=run, window=(-5, 5))
    table = run_tests(study, -5, 5, np.random.default_rng(0), tests=TESTS)
    return study.rows, study.car(-5, 5), table


def many() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return returns of forty assets with a few holes, and 12,000 events."""
    rng = np.random.default_rng(2)
    market = rng.normal(0, 0.01, 700)
    values = market[:, None] + rng.normal(0, 0.03, (700, 40))
    values[rng.random(values.shape) < 0.001] = np.nan
    dates = pd.bdate_range("2020-01-01", periods=700)
    returns = pd.DataFrame(values, dates, [f"A{i}" for i in range(40)]).assign(M=market)
    cells = rng.choice(40 * 540, 12_000, replace=False)
    day0 = dates[140 + cells // 40]
    return returns, pd.DataFrame({"ticker": [f"A{i}" for i in cells % 40], "day0": day0})


@pytest.mark.cluster
def test_a_worker_killed_in_the_middle_changes_no_bit():
    """Two workers, one of them killed after the first blocks: every frame is the same."""
    from distributed import Client, LocalCluster

    returns, events = many()
    killed: list[int] = []
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        pids = list(client.run(os.getpid).values())
        run = dask_runner(client)

        def interrupted(work, common, tasks):
            for number, found in enumerate(run(work, common, tasks)):
                if number == 5 and not killed:
                    killed.append(pids[0])
                    os.kill(pids[0], signal.SIGKILL)
                yield found

        found = everything(returns, events, interrupted)
        assert killed
        assert set(client.run(os.getpid).values()) != set(pids)
    for ours, theirs in zip(everything(returns, events, here), found, strict=True):
        pd.testing.assert_frame_equal(ours, theirs, check_exact=True)


@pytest.mark.cluster
def test_the_command_writes_the_same_bytes_on_a_cluster(tmp_path):
    """A local cluster and this process write one and the same file."""
    assert main(words(tmp_path / "here.json")) == 0
    assert main(words(tmp_path / "dask.json", "--backend", "dask")) == 0
    assert (tmp_path / "here.json").read_bytes() == (tmp_path / "dask.json").read_bytes()


@pytest.mark.cluster
def test_nobody_at_the_address_is_one_line(tmp_path, capfd):
    """The address is named; nothing is written."""
    more = ["--backend", "dask", "--scheduler", "tcp://127.0.0.1:9"]
    assert main(words(tmp_path / "r.json", *more)) != 0
    assert "expected a dask scheduler at tcp://127.0.0.1:9" in capfd.readouterr().err
    assert not list(tmp_path.iterdir())


def test_without_dask_the_error_says_what_to_install(tmp_path, capfd, monkeypatch):
    """One line, and nothing is written."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(words(tmp_path / "r.json", "--backend", "dask")) != 0
    assert "pip install 'rare-earth-headlines[cluster]'" in capfd.readouterr().err
    assert not list(tmp_path.iterdir())


def test_an_address_without_the_backend_is_refused(tmp_path, capfd):
    """Rather than ignored."""
    assert main(words(tmp_path / "r.json", "--scheduler", "tcp://127.0.0.1:9")) != 0
    assert "expected --backend dask" in capfd.readouterr().err
