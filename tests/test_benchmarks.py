"""The benchmarks: their programs are differentiated rightly, and their table says what it could not measure."""

import doctest
import importlib
import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import micrograd_like as ml
from micrograd_like import Value
from micrograd_like.graph import topological_order

CHECKOUT = Path(__file__).parents[1]
sys.path.insert(0, str(CHECKOUT))  # benchmarks/ is no part of the installed package

from benchmarks import batches, engines, files, libraries, objectives, peers, programs, rounds, table, worker  # noqa: E402

FLOATS = engines.Floats.functions
EXPECTED = json.loads((objectives.DATA / "golden.json").read_text(encoding="utf-8"))  # ADBench's, good to 1e-8
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


def test_the_mixture_and_its_gradient_are_those_of_adbench():
    program = programs.gaussian_mixture("gmm_test")
    value, gradient = ml.value_and_grad(lambda x: program.value(x, ml))(program.point)
    assert value == pytest.approx(EXPECTED["gmm_test"]["objective"], rel=1e-12)
    assert gradient == pytest.approx(EXPECTED["gmm_test"]["gradient"], rel=1e-12)


def test_the_reprojection_error_and_its_jacobian_are_those_of_adbench():
    bundle, expected = objectives.photographs("ba_test"), EXPECTED["ba_test"]
    errors = objectives.reprojection_error(bundle.parameters, bundle.seen, FLOATS)
    jacobian = ml.jacobian(lambda x: objectives.reprojection_error(x, bundle.seen, ml))(bundle.parameters)
    assert errors == pytest.approx(expected["reproj_err"], rel=1e-12)
    assert jacobian[0] + jacobian[1] == pytest.approx(expected["J_row_pairs"], rel=1e-11)


def test_the_weight_error_and_its_derivative_are_those_of_adbench():
    weight = objectives.photographs("ba_test").weight
    value, slope = ml.value_and_grad(objectives.weight_error)(weight)
    assert value == pytest.approx(EXPECTED["ba_test"]["w_err"], rel=1e-10)
    assert slope == pytest.approx(EXPECTED["ba_test"]["w_err_grad"], rel=1e-12)


def test_the_sum_of_squares_adds_up_what_each_photograph_and_weight_is_off():
    bundle, expected = objectives.photographs("ba_test"), EXPECTED["ba_test"]
    squares = sum(e * e for e in [*expected["reproj_err"], expected["w_err"]])
    program = programs.bundle_adjustment("ba_test")
    assert program.value(program.point, FLOATS) == pytest.approx(bundle.count * squares, rel=1e-9)


@pytest.mark.parametrize("engine", ["eager", "jit", "jit-native", "casadi", "jax", "sympy"])
@pytest.mark.parametrize("name", ["rosenbrock-100", "black-scholes", "gmm-test"])
def test_engines_agree_with_tapes(name, engine):
    if engines.lacking([engine]):
        pytest.skip(f"{engine} is not installed")
    answer = worker.built(programs.PROGRAMS[name](), engines.ENGINES[engine](), 0.0)
    assert rounds.disagreement(answer["numbers"][1:], gradient(programs.PROGRAMS[name](), peers.US)) == ""


@pytest.mark.parametrize("engine", ["jit", "vmap", "vmap-native", "casadi", "jax", "torch-tensors"])
@pytest.mark.parametrize("batch", [batches.prices(7), batches.training_step(6), batches.bundle("ba_test")])
def test_engines_over_rows_agree_with_eager(batch, engine):
    if engines.lacking([engine]):
        pytest.skip(f"{engine} is not installed")
    eager, answer = (worker.rows(batch, engines.ENGINES[name](), 0.0)["numbers"] for name in ("eager", engine))
    assert rounds.disagreement(answer, eager) == ""


def test_the_rows_of_a_mixture_add_up_to_the_whole():
    batch = batches.mixture_of("gmm_1k_d2_K5")
    parameters, points = (x.tolist() for x in batch.arguments)
    whole = batch.whole.value(parameters, FLOATS)
    assert sum(batch.value(FLOATS, parameters, point) for point in points) == pytest.approx(whole, rel=1e-12)


def test_the_training_step_in_matrices_is_the_same_one():
    batch = batches.training_step(6)
    in_matrices = batch.matrices(SimpleNamespace(relu=lambda x: np.maximum(x, 0)), *batch.arguments)
    assert in_matrices == pytest.approx(batch.whole.value(batch.whole.point, FLOATS), rel=1e-13)


def test_each_point_is_on_its_own_photograph():
    by_points = gradient(programs.bundle_adjustment("ba_test"), peers.US)[22:52]
    assert by_points == by_points[:3] * 10


def test_building_is_timed_apart_from_later_calls():
    answer = worker.built(programs.chain(10), engines.Eager(), 0.0)
    assert [len(answer[key]) for key in ("first", "second", "seconds")] == [1, 1, 1]
    assert rounds.Cell(first=[1.0, 3.0], second=[0.5, 0.5]).build == 2.5


def test_the_call_in_which_another_tier_takes_over_is_told_apart(monkeypatch):
    clock = [0.0]
    durations = iter([3.0, 2.0, 1.0, 7.0, *[1.0] * 10])

    def call():
        clock[0] += next(durations)
        return 1.0

    monkeypatch.setattr(worker, "perf_counter", lambda: clock[0])
    answer = worker.timed_calls(lambda: call, 1, 10.0, lambda: clock[0] >= 13.0)
    assert answer == {"numbers": [1.0], "first": [3.0], "second": [2.0], "pause": [7.0], "seconds": [1.0] * 10}
    cell = rounds.Cell()
    cell.add(answer)
    cell.seconds = [1.0]
    assert "LLVM" in table.report_built({("chain-1e3", "jit-native"): cell}, markdown=False)


def test_the_table_of_what_is_built_says_build_and_run_apart():
    cells = {
        ("black-scholes", "floats"): rounds.Cell(seconds=[1e-6], first=[1.0], second=[1.0]),
        ("black-scholes", "jit"): rounds.Cell(seconds=[2e-6], first=[0.01], second=[0.02]),
        ("black-scholes", "jax"): rounds.Cell(failure="over 12 s"),
    }
    lines = [line.split("  ") for line in table.report_built(cells, markdown=False).splitlines() if "black-" in line]
    rows = [[word.strip() for word in line if word.strip()][1:] for line in lines]
    assert rows == [
        ["30.0 ms", "over 12 s"],
        ["1.00 µs", "2.00 µs", "over 12 s"],
        ["38 / 38", "77 / 77", "-"],
        ["2.00 / 2.00", "-"],
    ]


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
    command = [sys.executable, "-m", "benchmarks", "--quick", "--tapes", "--peers", "--", "rosenbrock", "black"]
    ran = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    first_words = [line.split()[0] for line in ran.stdout.splitlines() if line]
    assert [first_words.count(name) for name in ("rosenbrock-100", "rosenbrock-1000", "black-scholes")] == [2, 3, 2]
    assert "Not installed" not in ran.stdout
    assert str(CHECKOUT) not in ran.stdout


def test_calls_of_libraries_are_counted_where_they_are_right(capsys):
    packages = {
        "colorsys": ("colorsys", "colorsys.rgb_to_hsv(0.2,0.4,0.6)[0]  math.floor(2.5)*1.0  open(2.5)"),
        "absent": ("no_such_package", "f(1.0)"),
    }
    assert libraries.coverage(packages) == {"colorsys": [3, 1, 1, 1, 1]}
    assert "open(2.5): TypeError" in capsys.readouterr().out


@pytest.mark.parametrize("name", SMALL)
def test_pure_python_and_plain_numbers_give_the_same_gradient(name):
    program = programs.PROGRAMS[name]()
    ours = gradient(program, peers.US)
    assert gradient(program, "grad(f)") == ours
    answer = rounds.worker_answer("time", name, peers.PURE, 0.01, limit=60)
    assert answer["numbers"] == ours


def test_the_floats_alone_are_timed_without_a_gradient():
    assert gradient(programs.PROGRAMS["rosenbrock-100"](), "floats") == []


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


@pytest.mark.parametrize("module", ["engines", "objectives", "peers", "programs", "rounds", "table"])
def test_docstrings(module):
    assert doctest.testmod(importlib.import_module(f"benchmarks.{module}")).failed == 0


@pytest.mark.parametrize("way", [way for way in files.WAYS if way != "copying alone"])
def test_each_way_from_file_to_file_gives_the_greeks(way, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="PyArrow is not installed")
    function, libraries = files.WAYS[way]
    for library in libraries:
        pytest.importorskip(library, reason=f"{library} is not installed")
    files.make_book(tmp_path / "book.parquet", 3000)
    function(str(tmp_path / "book.parquet"), str(tmp_path / "greeks.parquet"))
    greeks = parquet.read_table(tmp_path / "greeks.parquet").to_pydict()
    assert [*greeks] == [*files.COLUMNS, *files.NEW]
    for k in (0, 1, 2999):
        value, slopes = ml.value_and_grad(lambda *x: files.price(ml.math, *x), argnums=range(5))(
            *[greeks[name][k] for name in files.COLUMNS]
        )
        assert [greeks[name][k] for name in files.NEW] == pytest.approx([value, *slopes], rel=1e-10)


def test_the_table_of_files_is_printed():
    pytest.importorskip("pyarrow", reason="PyArrow is not installed")
    printed = files.report_files(2000, 1, lambda line: None, markdown=False)
    rows = {line.split("  ")[0]: line.split() for line in printed.splitlines()}
    assert float(rows["sweep"][1]) > 0
    assert "differs" not in printed
