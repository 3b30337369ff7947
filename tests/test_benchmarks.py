"""The benchmarks: their programs are differentiated rightly, and their table says what it could not measure."""

import doctest
import importlib
import math
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest

from micrograd_like import Value
from micrograd_like.graph import topological_order

CHECKOUT = Path(__file__).parents[1]
sys.path.insert(0, str(CHECKOUT))  # benchmarks/ is no part of the installed package

from benchmarks import peers, programs, rounds, table, worker  # noqa: E402

FLOATS = SimpleNamespace(sqrt=math.sqrt, log=math.log, exp=math.exp, erf=math.erf, relu=lambda x: max(x, 0.0))
SMALL = [name for name, program in programs.PROGRAMS.items() if program().operations <= 10**4]


def slope(program, i, step=1e-5):
    """The derivative by the i-th input, measured on plain floats."""
    below, above = ([*program.point[:i], program.point[i] + h, *program.point[i + 1 :]] for h in (-step, step))
    return (program.value(above, FLOATS) - program.value(below, FLOATS)) / (2 * step)


def gradient(program, peer_name):
    peer = peers.PEERS[peer_name]()
    return peer.gradient(peer.record(program.value, program.point))


@pytest.mark.parametrize("name", SMALL)
def test_our_gradient_is_the_slope_of_the_same_program_on_floats(name):
    program = programs.PROGRAMS[name]()
    ours = gradient(program, peers.US)
    for i in {0, 1, 2, 3, 4, len(ours) - 1} & set(range(len(ours))):
        assert ours[i] == pytest.approx(slope(program, i), rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("peer", ["micrograd-deep", "xad", "autograd", "torch"])
@pytest.mark.parametrize("program", [programs.rosenbrock(5), programs.network(2, 3, 1), programs.black_scholes()])
def test_peers_agree_with_us(program, peer, monkeypatch):
    monkeypatch.setattr(sys, "setrecursionlimit", lambda limit: None)
    pytest.importorskip(peers.PEERS[peer].library)
    if peer == "micrograd-deep" and "erf" in program.needs:
        pytest.skip("micrograd has no log, exp, erf")
    assert rounds.disagreement(gradient(program, peer), gradient(program, peers.US)) == ""


@pytest.mark.parametrize("name", SMALL)
def test_the_operations_are_those_that_we_record(name):
    program = programs.PROGRAMS[name]()
    x = [Value(p) for p in program.point]
    recorded = [v for v in topological_order(program.value(x, peers.PEERS[peers.US]().functions)) if v.op]
    additions_of_terms = len(x) - 2 if name.startswith("rosenbrock") else 0
    assert len(recorded) == program.operations + additions_of_terms


def test_the_quick_run_on_us_alone_prints_the_tables():
    command = [sys.executable, "-m", "benchmarks", "--quick", "--peers", "--", "rosenbrock", "black"]
    ran = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    first_words = [line.split()[0] for line in ran.stdout.splitlines() if line]
    assert [first_words.count(name) for name in ("rosenbrock-100", "rosenbrock-1000", "black-scholes")] == [2, 3, 2]
    assert "Not installed" not in ran.stdout
    assert str(CHECKOUT) not in ran.stdout


def test_an_absent_peer_is_named(monkeypatch):
    monkeypatch.setitem(peers.PEERS, "imaginary", SimpleNamespace(library="no_such_library"))
    assert peers.missing(["imaginary", peers.US]) == ["imaginary"]


def test_a_peer_without_a_function_says_which():
    pytest.importorskip("micrograd")
    assert worker.measure("time", "black-scholes", "micrograd", "0.01") == {"failure": "no log, exp, erf"}


def test_a_chain_that_is_too_deep_for_a_peer_is_a_cell_of_the_table():
    pytest.importorskip("micrograd")
    assert worker.measure("time", "chain-1e4", "micrograd", "0.01") == {
        "failure": f"RecursionError at ~{sys.getrecursionlimit()}"
    }


def test_a_process_that_takes_too_long_is_a_cell_of_the_table():
    assert rounds.worker_answer("time", "black-scholes", peers.US, 60.0, limit=0.1) == {"failure": "over 0.1 s"}


def test_a_call_that_takes_all_the_time_is_not_repeated():
    peer = peers.PEERS[peers.US]()
    assert len(worker.time(programs.chain(1000), peer, 0.0)["seconds"]) == 1
    assert len(worker.time(programs.chain(10), peer, 0.1)["seconds"]) > 1


def test_what_failed_on_fewer_operations_is_not_tried_on_more(monkeypatch):
    monkeypatch.setattr(rounds, "worker_answer", lambda *_, **__: {"failure": "over 10 s"})
    cells = rounds.measured(
        ["chain-1e3", "chain-1e4"], [peers.US], rounds=1, seconds=1, limit=10, progress=lambda line: None
    )
    assert [cell.failure for cell in cells.values()] == ["over 10 s", "not tried"]


def test_a_wrong_gradient_is_a_cell_of_the_table():
    cells = {
        ("black-scholes", peers.US): rounds.Cell(seconds=[26e-6, 26e-6, 52e-6]),
        ("black-scholes", "xad"): rounds.Cell(failure=rounds.disagreement([1.0, 2.1], [1.0, 2.0])),
    }
    if find_spec("xad") is None:
        pytest.skip("the report names the version of xad")
    assert "26.0 µs  differs: 2.1, not 2.0" in table.report(cells, markdown=False)
    assert "| black-scholes |  1,000 / 1,333 |   - |" in table.report(cells, markdown=True)


@pytest.mark.parametrize("module", ["peers", "programs", "rounds", "table"])
def test_docstrings(module):
    assert doctest.testmod(importlib.import_module(f"benchmarks.{module}")).failed == 0
