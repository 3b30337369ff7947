"""An exercise on paper for a class: each pupil has other numbers, and the teacher a table of the answers.

The numbers are of the same kind: apples in whole numbers, and a tax above 1. With Graphviz the sheets have the book's
picture, with boxes to write in; open class.html in a browser, and print it.

It prints:

    Sheet 1: {'apple': 110.0, 'n': 6.0, 'tax': 1.5}
    Sheet 2: {'apple': 190.0, 'n': 4.0, 'tax': 1.3}
    Sheet 3: {'apple': 190.0, 'n': 3.0, 'tax': 1.2}
    3 sheets in class.html, their answers in answers.html
    What the pupil with sheet 2 found:
    3 blanks answered, 2 of them right
      ∂total/∂tax = 760: right
      ∂total/∂n = 190: no, that is this step's own derivative alone: multiply it by what arrives
      ∂total/∂apple = 5.2: right
"""

from pathlib import Path
from tempfile import mkdtemp

from micrograd_like import Value, exercise

apple, n, tax = Value(100), Value(2), Value(1.1)
price = apple * n
total = price * tax
sheet = exercise(total)

pupils = range(1, 4)
for k in pupils:
    print(f"Sheet {k}:", sheet.variant(k).inputs)

folder = Path(mkdtemp())
for_class = sheet.save(folder / "class.html", seeds=pupils, title="Apples and tax")
for_teacher = sheet.save(folder / "answers.html", seeds=pupils, title="Apples and tax", answers=True)
print(f"{len(pupils)} sheets in {for_class.name}, their answers in {for_teacher.name}")

print("What the pupil with sheet 2 found:")
print(sheet.variant(2).check({"apple": 5.2, "n": 190, "tax": 760}))
