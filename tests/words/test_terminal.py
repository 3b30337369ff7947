"""The facts of a drawing as text: a tree, a table, a Mermaid flowchart."""

from __future__ import annotations

import io
import math
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_like import Value
from micrograd_like.drawing import draw
from micrograd_like.words import terminal

FRUIT = """\
                                          value  ∂total/∂
total = subtotal × tax                      715  ← 1
├─ subtotal = apple_price + orange_price    650  ← 1.1
│  ├─ apple_price = apple × n_apples        200  ← 1.1
│  │  ├─ apple                              100  ← 2.2
│  │  └─ n_apples                             2  ← 110
│  └─ orange_price = orange × n_oranges     450  ← 1.1
│     ├─ orange                             150  ← 3.3
│     └─ n_oranges                            3  ← 165
└─ tax                                      1.1  ← 650"""

COLAH = """\
              value  ∂e/∂
e = c × d         6  ← 1
├─ c = a + b      3  ← 2
│  ├─ a           2  ← 2
│  └─ b           1  ← 2   Σ 5
└─ d = b + 1      2  ← 3
   └─ b ↑         1  ← 3   Σ 5"""

COLAH_IN_ASCII = """\
                 value  de/d
e = c * d            6  <- 1
|- c = a + b         3  <- 2
|  |- a              2  <- 2
|  `- b              1  <- 2  sum 5
`- d = b + 1         2  <- 3
   `- b (above)      1  <- 3  sum 5"""

COLAH_AS_A_TABLE = """\
            value  ∂e/∂
a           2      2
b           1      5
c  = a + b  3      2
d  = b + 1  2      3
e  = c × d  6      1"""

COLAH_IN_MERMAID = """\
flowchart LR
  n0(["a"])
  n1(["b"])
  n2(("#43;"))
  n3(("#43; 1"))
  n4(("×"))
  n0 -- "2<br>← 2" --> n2
  n1 -- "1<br>← 2<br>Σ 5" --> n2
  n1 -- "1<br>← 3<br>Σ 5" --> n3
  n2 -- "c<br>3<br>← 2" --> n4
  n3 -- "d<br>2<br>← 3" --> n4
  out(["e"])
  n4 -- "6<br>← 1" --> out
"""


class Screen(io.StringIO):
    """A terminal in miniature."""

    def __init__(self, encoding: str = "utf-8", terminal: bool = True) -> None:
        super().__init__()
        self.known, self.terminal = encoding, terminal

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self.known

    def isatty(self) -> bool:
        return self.terminal


def show_on(monkeypatch: pytest.MonkeyPatch, screen: Screen) -> None:
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")


def colah() -> Value:
    a, b = Value(2, "a"), Value(1, "b")
    c, d = a + b, b + 1
    e = c * d
    c.name, d.name, e.name = "c", "d", "e"
    return e


def chain(length: int) -> Value:
    y = Value(1.0, "x")
    for _ in range(length):
        y = y * 1.0
    return y


# the tree


def test_the_tree_of_the_book_s_fruit() -> None:
    apple, n_apples = Value(100), Value(2)
    orange, n_oranges = Value(150), Value(3)
    tax = Value(1.1)
    apple_price = apple * n_apples
    orange_price = orange * n_oranges
    subtotal = apple_price + orange_price
    total = subtotal * tax
    assert str(draw(total)) == FRUIT
    assert repr(draw(total)) == draw(total).tree() == FRUIT


def test_a_value_met_again_is_printed_once_and_referred_to_with_its_share_and_the_total() -> None:
    assert str(draw(colah())) == COLAH


def test_what_a_value_met_again_was_computed_from_is_not_printed_again() -> None:
    x = Value(3, "x")
    square = x * 2
    assert [line.split("  ")[0] for line in str(draw(square * square)).splitlines()[1:]] == [
        "output = square × square",
        "├─ square = x × 2",
        "│",
        "└─ square ↑",
    ]


def test_without_derivatives_the_tree_has_values_only() -> None:
    assert str(draw(Value(2, "x") * 3, derivatives=False)).splitlines() == [
        "                value",
        "output = x × 3      6",
        "└─ x                2",
    ]


def test_an_input_without_a_name_goes_by_its_number() -> None:
    assert str(draw((Value(3) - Value(-2)) ** 2)).splitlines()[1:] == [
        "output = v1²       25  ← 1",
        "└─ v1 = 3 − -2      5  ← 10",
        "   ├─ 3             3  ← 10",
        "   └─ -2           -2  ← -10",
    ]


@pytest.mark.parametrize(
    ("formula", "y"),
    [
        ("−x", -Value(3, "x")),
        ("−(-3)", -Value(-3)),
        ("(-3)²", Value(-3) ** 2),
        ("x ^ 0.5", Value(3, "x") ** 0.5),
        ("(-2) ^ x", (-2) ** Value(3, "x")),
        ("x ^ x", (x := Value(3, "x")) ** x),
        ("abs(x)", abs(x)),
        ("tanh(x)", x.tanh()),
        ("atan2(x, 2)", x.atan2(2)),
        ("1 − x", 1 - x),
        ("7 // x", 7 // x),
        ("hypot(x, x, x, x, x, x, x, x, … 1 more)", x.hypot(*[x] * 8)),
    ],
)
def test_a_formula_reads_as_one_would_write_it(formula: str, y: Value) -> None:
    line = str(draw(y)).splitlines()[1]
    assert line.split(" = ")[1].split("  ")[0] == formula


def test_a_long_chain_is_not_indented_further() -> None:
    y = (((Value(2, "x") * Value(3, "w")).sqrt() + 1).log() * 2).exp() * 3
    assert str(draw(y)).splitlines()[5:] == [  # a short one is
        "         └─ v3 = v2 + 1       3.4495  ← 20.697",
        "            └─ v2 = sqrt(v1)  2.4495  ← 20.697",
        "               └─ v1 = x × w       6  ← 4.2247",
        "                  ├─ x             2  ← 12.674",
        "                  └─ w             3  ← 8.4495",
    ]
    y = y.log().exp().log().exp()
    assert str(draw(y)).splitlines() == [
        "                            value  ∂y/∂",
        "y = exp(v10)               35.697  ← 1",
        "└─ v10 = log(v9)           3.5751  ← 35.697",
        "   └─ v9 = exp(v8)         35.697  ← 1",
        "      └─ v8 = log(v7)      3.5751  ← 35.697",
        "         └─ v7 = v6 × 3    35.697  ← 1",
        "         └─ v6 = exp(v5)   11.899  ← 3",
        "         └─ v5 = v4 × 2    2.4765  ← 35.697",
        "         └─ v4 = log(v3)   1.2382  ← 71.394",
        "         └─ v3 = v2 + 1    3.4495  ← 20.697",
        "         └─ v2 = sqrt(v1)  2.4495  ← 20.697",
        "         └─ v1 = x × w          6  ← 4.2247",
        "            ├─ x                2  ← 12.674",
        "            └─ w                3  ← 8.4495",
    ]
    assert max(map(len, str(draw(long_chain(59))).splitlines())) < 50


def long_chain(n: int) -> Value:
    y = Value(1.0, "x")
    for _ in range(n):
        y = y * 1.1
    return y


def test_sixty_lines_then_how_many_values_are_left() -> None:
    lines = str(draw(chain(100))).splitlines()
    assert len(lines) == 62
    assert lines[-1] == "… 41 more values"
    assert str(draw(chain(61))).splitlines()[-1] == "… 2 more values"
    assert draw(chain(61)).table().splitlines()[-1] == "… 2 more values"


def test_one_line_is_not_left_out_since_it_takes_no_more_room_than_telling_of_it() -> None:
    for n in (59, 60):
        assert "…" not in str(draw(chain(n))) + draw(chain(n)).table()
        assert len(str(draw(chain(n))).splitlines()) == len(draw(chain(n)).table().splitlines()) == n + 2


def test_lines_left_out_that_only_repeat_values_are_not_counted_as_values() -> None:
    x, y = Value(3, "x"), Value(4, "y")
    assert draw(x * y + x * y).tree(lines=5).splitlines()[-1] == "…"
    assert draw(x * x + y).tree(lines=3).splitlines()[-1] == "… 1 more value"


def test_all_lines_can_be_had() -> None:
    assert len(draw(chain(100)).tree(lines=None).splitlines()) == 102
    assert len(draw(chain(100)).table(lines=None).splitlines()) == 102


def test_a_chain_of_100_000_operations_is_no_deeper_than_any_other() -> None:
    assert str(draw(chain(100_000))).splitlines()[-1] == "… 99941 more values"


def test_tree_table_and_flowchart_say_which_numbers_were_written_since() -> None:
    x = Value(3, "x")
    y = x * 2
    x.data = 5
    said = ["x held 3 when y was computed; it holds 5 now.", "Compute y again."]
    drawing = draw(y)
    assert drawing.tree().splitlines()[-3:] == ["└─ x           5  ← 2", *said]
    z = y + 1
    assert draw(z).tree(lines=1).splitlines()[-3:] == ["… 2 more values", said[0], "Compute z again."]
    assert drawing.table().splitlines()[-2:] == said
    assert drawing.mermaid().splitlines()[-1] == f'  stale["{"<br>".join(said)}"]'


# the stream


def test_print_writes_the_tree(capsys: pytest.CaptureFixture[str]) -> None:
    print(draw(colah()))
    assert capsys.readouterr().out == COLAH + "\n"


def test_a_terminal_has_values_in_blue_and_derivatives_in_orange(monkeypatch: pytest.MonkeyPatch) -> None:
    show_on(monkeypatch, Screen())
    blue, orange = "\x1b[38;5;33m{}\x1b[0m", "\x1b[38;5;208m{}\x1b[0m"
    line = str(draw(colah())).splitlines()[1]
    assert line == f"e = c × d     {blue.format('    6')}  {orange.format('← 1')}"


def test_colours_change_no_letter_and_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    show_on(monkeypatch, Screen())
    import re

    assert re.sub(r"\x1b\[[\d;]*m", "", str(draw(colah()))) == COLAH


def test_no_color_and_a_dumb_terminal_have_no_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    show_on(monkeypatch, Screen())
    assert str(draw(colah())) != COLAH
    monkeypatch.setenv("NO_COLOR", "1")
    assert str(draw(colah())) == COLAH
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert str(draw(colah())) == COLAH


@pytest.mark.parametrize(
    ("encoding", "times"), [("ascii", "*"), ("latin-1", "×"), ("cp1252", "×"), ("koi8-u", "*"), ("cp437", "*")]
)
def test_where_the_encoding_has_no_branches_these_are_in_ascii(
    encoding: str, times: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    show_on(monkeypatch, Screen(encoding, terminal=False))
    lines = [line.split() for line in str(draw(colah())).splitlines()]
    if encoding in ("koi8-u", "cp437"):
        assert lines[-1] == ["└─", "b", "(above)", "1", "<-", "3", *("Σ 5" if encoding == "cp437" else "sum 5").split()]
    else:
        assert lines == [line.replace("*", times).split() for line in COLAH_IN_ASCII.splitlines()]


def test_in_ascii_a_name_keeps_the_letters_that_the_encoding_has(monkeypatch: pytest.MonkeyPatch) -> None:
    y = Value(2, "größe") ** 12 / Value(3, "日")
    show_on(monkeypatch, Screen("latin-1", terminal=False))
    assert str(draw(y)).splitlines()[1:] == [
        "y = v1 ÷ \\u65e5  1365.3  <- 1",
        "|- v1 = größe¹²    4096  <- 0.33333",
        "|  `- größe           2  <- 8192",
        "`- \\u65e5             3  <- -455.11",
    ]


def test_in_ascii_what_was_written_since_is_in_ascii_too(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = Value(3, "x"), Value(4, "y")
    z = (x * y).exp()
    x.data = math.inf
    show_on(monkeypatch, Screen("ascii", terminal=False))
    assert str(draw(z)).splitlines()[-2] == "x held 3 when x * y was computed; it holds inf now."


def test_without_a_standard_output_there_is_still_a_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert str(draw(colah())) == COLAH


def test_a_gbk_terminal_has_all_signs_but_the_one_that_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    show_on(monkeypatch, Screen("gbk", terminal=False))
    assert str(draw(colah())) == COLAH.replace("∂", "d")
    price = Value(2, "价格") / Value(4, "数量")
    assert [line.split()[0] for line in str(draw(price)).splitlines()[1:]] == ["price", "├─", "└─"]
    assert str(draw(price)).splitlines()[1].startswith("price = 价格 ÷ 数量")


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("utf-8", "x² × y ÷ 3"), ("latin-1", "x² × y ÷ 3"), ("gbk", "x^2 × y ÷ 3"), ("ascii", "x^2 * y / 3")],
)
def test_each_encoding_loses_only_the_signs_that_it_lacks(encoding: str, shown: str) -> None:
    assert terminal.encoded("x² × y ÷ 3", encoding) == shown


@given(st.text(), st.sampled_from(["ascii", "latin-1", "gbk", "shift_jis", "cp437", "koi8-r", "cp1252", "utf-8"]))
def test_what_an_encoding_has_is_left_as_it_is(text: str, encoding: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    shown = terminal.encoded(text, encoding)
    assert terminal.encodable(shown, encoding)
    assert shown == text or not terminal.encodable(text, encoding)


# names


def test_two_values_of_one_name_are_told_apart() -> None:
    assert str(draw(Value(2, "w") * Value(3, "w"))).splitlines() == [
        "                  value  ∂output/∂",
        "output = w × w_2      6  ← 1",
        "├─ w                  2  ← 3",
        "└─ w_2                3  ← 2",
    ]
    w, other, taken = Value(1, "w"), Value(2, "w"), Value(3, "w_2")
    names = [line.split()[0] for line in draw(w * other * taken).table().splitlines()[1:]]
    assert names == ["w", "w_3", "v1", "w_2", "output"]
    cut = [line.split()[0] for line in draw(Value(1, "x" * 50 + "1") * Value(2, "x" * 50 + "2")).table().splitlines()]
    assert cut[1:3] == ["x" * 39 + "…", "x" * 39 + "…_2"]
    assert draw(Value(2, "output") * 3).table().splitlines()[-1].split()[:3] == ["output_2", "=", "output"]


def test_names_from_right_to_left_turn_no_line_round() -> None:
    price, n = "\u0633\u0639\u0631", "\u05e2\u05d3\u05d3"  # Arabic and Hebrew
    lines = str(draw(Value(2, price) * Value(3, n))).splitlines()
    apart = [f"\u2068{name}\u2069" for name in (price, n)]
    assert lines[1:] == [
        f"output = {apart[0]} × {apart[1]}      6  ← 1",
        f"├─ {apart[0]}                  2  ← 3",
        f"└─ {apart[1]}                  3  ← 2",
    ]
    assert "\u2068" not in str(draw(Value(2, "größe") * Value(3, "日本")))
    assert "\u2068" not in terminal.encoded(lines[1], "cp1256")


def test_wide_letters_and_accents_of_their_own_leave_the_columns_straight() -> None:
    assert str(draw(Value(2, "日本") * Value(3, "e\u0301"))).splitlines() == [
        "                   value  ∂output/∂",
        "output = 日本 × e\u0301      6  ← 1",
        "├─ 日本                2  ← 3",
        "└─ e\u0301                   3  ← 2",
    ]


@pytest.mark.parametrize("name", ["two\nlines", "\x1b[31mred", "\r", "\u202e", "\ud800", "\x9b2J"])
def test_no_name_breaks_a_line_or_steers_the_terminal(name: str) -> None:
    drawing = draw(Value(2, name) * 3)
    for text in (drawing.tree(), drawing.table()):
        assert len(text.splitlines()) == 3
        assert all(c.isprintable() or c == "\n" for c in text)


def test_a_very_long_name_is_cut() -> None:
    assert str(draw(Value(2, "x" * 500) * 3)).splitlines()[2].startswith("└─ " + "x" * 39 + "…  ")


# the table


def test_the_table_has_one_line_a_value_in_the_order_of_computation() -> None:
    assert draw(colah()).table() == COLAH_AS_A_TABLE


def test_the_table_has_decimal_points_below_each_other() -> None:
    x = Value(1234.5, "x")
    y = (x * 1e-7) / 3
    assert draw(y).table().splitlines() == [
        "                value          ∂y/∂",
        "x               1234.5         3.333e-8",
        "v1  = x × 1e-7     0.00012345  0.33333",
        "y   = v1 ÷ 3       4.115e-5    1",
    ]


def test_a_table_without_derivatives_has_values_only() -> None:
    assert draw(Value(2, "x") * 3, derivatives=False).table().splitlines() == [
        "                 value",
        "x                2",
        "output  = x × 3  6",
    ]


def test_a_table_shows_sixty_values_then_how_many_are_left() -> None:
    lines = draw(chain(100)).table().splitlines()
    assert (len(lines), lines[-1]) == (62, "… 41 more values")


# files


def test_a_text_file_has_the_tree_uncoloured_and_uncut(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    show_on(monkeypatch, Screen())
    assert draw(colah()).save(tmp_path / "e.txt").read_text(encoding="utf-8") == COLAH + "\n"
    assert len(draw(chain(100)).save(tmp_path / "chain.txt").read_text(encoding="utf-8").splitlines()) == 102


# Mermaid


def test_the_flowchart_of_colah() -> None:
    assert draw(colah()).mermaid() == COLAH_IN_MERMAID


def test_no_name_ends_a_label_of_a_flowchart_or_is_read_as_markup() -> None:
    lines = draw(Value(2, '"]); click <b>*a*</b> `x` #1 & 2') * 3).mermaid().splitlines()
    assert lines[1] == '  n0(["#34;]); click #60;b#62;#42;a#42;#60;/b#62; #96;x#96; #35;1 #38; 2"])'


def test_a_flowchart_without_derivatives_has_values_only() -> None:
    assert '  n0 -- "2" --> n2' in draw(colah(), derivatives=False).mermaid()


def test_a_flowchart_runs_down_where_the_drawing_does() -> None:
    lines = draw(colah(), direction="down").mermaid().splitlines()
    assert (lines[0], lines[-1]) == ("flowchart TB", '  n4 -- "6<br>↑ 1" --> out')


def test_a_flowchart_has_at_most_500_arrows() -> None:
    assert draw(chain(499)).mermaid().count("-->") == 500
    with pytest.raises(ValueError, match="at most 500 arrows, and output needs 501"):
        draw(chain(500)).mermaid()
