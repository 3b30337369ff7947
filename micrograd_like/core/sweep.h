/* The backward pass, and the walks over a graph: this is backward.py.

   A first walk counts how many shares each inner Cell will receive, a second hands them down, in the same order, so that
   sums are the same to the last bit. `waiting` is 0 outside of a pass. While a rule that is Python's is asked, any program
   may run, in other threads too: a pass that begins then is refused if it comes to a Cell that waits. Without such a rule
   nothing else runs until the pass is over. */

typedef struct { Cell **cells; Py_ssize_t count, space; } Stack; /* its Cells are held by the output of the pass */

static Py_ssize_t passes; /* that are going on */

static inline int push(Stack *s, Cell *v) {
    if (s->count == s->space) {
        Py_ssize_t space = s->space ? 2 * s->space : 256;
        Cell **cells = PyMem_Realloc(s->cells, space * sizeof(Cell *));
        if (!cells) { PyErr_NoMemory(); return 0; }
        s->cells = cells, s->space = space;
    }
    s->cells[s->count++] = v;
    return 1;
}

static inline int counted(Stack *s, Cell *p) {
    if (!p) return 1;
    if (!p->row) { /* a leaf, whose `grad` adds up over passes */
        if (p->flags & NO_GRAD) p->grad = 0.0, p->flags &= ~NO_GRAD;
        return 1;
    }
    if (p->waiting) {
        if (++p->waiting) return 1;
        return error(PyExc_OverflowError, "a Value went into more than 4294967295 places") + 1;
    }
    p->waiting = 1, p->grad = -0.0, p->flags = (p->flags & ~NO_GRAD) | NOTHING;
    return push(s, p);
}

/* Let every inner Cell know how many shares it will receive. */
static int count_children(Stack *s, Cell *output) {
    if (!push(s, output)) return 0;
    while (s->count) {
        Cell *v = s->cells[--s->count];
        fetch((char *)v - AHEAD);
        int arity = ARITY(v);
        if (arity) {
            if (!counted(s, v->a) || (arity == 2 && !counted(s, v->b))) return 0;
        } else {
            for (Py_ssize_t k = 0; k < parent_count(v); k++)
                if (!counted(s, parent_at(v, k))) return 0;
        }
    }
    return 1;
}

static inline int handed(Stack *s, Cell *p) {
    if (p->waiting <= 1) return !p->waiting || push(s, p);
    p->waiting--;
    return 1;
}

static inline int share(Stack *s, Cell *p, double g) {
    p->grad += g, p->flags &= ~NOTHING;
    return handed(s, p);
}

/* What a rule of any number of inputs answers, which knows the numbers met, the one made and what arrived there. */
static PyObject *shares_of_many(PyObject *op, PyObject *rule, PyObject **parts) {
    PyObject *arity = PyObject_GetAttrString(op, "arity"), *all = NULL;
    int one_by_one = arity ? PyObject_IsTrue(arity) : -1; /* as of three inputs */
    if (one_by_one == 0) all = PyTuple_Pack(3, parts[0], parts[1], parts[2]);
    PyObject *rest = one_by_one == 1 ? PyTuple_Pack(2, parts[1], parts[2]) : NULL;
    if (rest) all = PySequence_Concat(parts[0], rest);
    PyObject *found = all ? PyObject_Call(rule, all, NULL) : NULL, *answer = found ? PySequence_Tuple(found) : NULL;
    Py_XDECREF(arity), Py_XDECREF(rest), Py_XDECREF(all), Py_XDECREF(found);
    return answer;
}

/* What the rule of a row that is Python's answers, or what backward.py asks where it raises: the shares of the parents, in
   a tuple; that of one parent as it is. */
static PyObject *shares_in_python(Cell *v, double g) {
    if (v->row < PYTHON_N) return PyObject_CallFunction(shares_of, "Od", v, g);
    PyObject *rule = PyObject_GetAttrString(OP(v), "rule"), *answer = NULL, *parts[4];
    int any = v->row == PYTHON_N, n = 0, all = rule != NULL;
    parts[n++] = any ? Py_NewRef((PyObject *)v->b) : PyFloat_FromDouble(v->x);
    if (v->row == PYTHON_2) parts[n++] = PyFloat_FromDouble(v->y);
    parts[n++] = PyFloat_FromDouble(OUT(v)), parts[n++] = PyFloat_FromDouble(g);
    for (int k = 0; k < n; k++) all = all && parts[k];
    if (all) answer = any ? shares_of_many(OP(v), rule, parts) : PyObject_Vectorcall(rule, parts, n, NULL);
    if (all && !answer && (PyErr_ExceptionMatches(PyExc_ArithmeticError) || PyErr_ExceptionMatches(PyExc_ValueError))) {
        PyErr_Clear();
        answer = any ? PyObject_CallFunctionObjArgs(limits, OP(v), parts[0], parts[1], parts[2], NULL)
                     : PyObject_CallFunction(shares_of, "Od", v, g);
    }
    for (int k = 0; k < n; k++) Py_XDECREF(parts[k]);
    Py_XDECREF(rule);
    return answer;
}

/* The same for any row, at any point: what backward.py does. */
static int hand_down_in_python(Stack *s, Cell *v, double g) {
    Py_ssize_t n = parent_count(v);
    PyObject *shares = v->flags & NOTHING ? Py_NewRef(Py_None) : shares_in_python(v, g);
    int fine = shares != NULL, all = fine && PyTuple_Check(shares);
    if (all ? PyTuple_GET_SIZE(shares) != n : fine && n != 1 && shares != Py_None) {
        PyErr_Format(PyExc_TypeError, "a rule answers for %zd inputs, not %R", n, shares);
        fine = 0;
    }
    for (Py_ssize_t k = 0; fine && k < n; k++) {
        PyObject *answer = all ? PyTuple_GET_ITEM(shares, k) : shares;
        Cell *p = parent_at(v, k);
        if (!p) continue;
        double ga = answer == Py_None ? 0.0 : PyFloat_AsDouble(answer);
        fine = answer == Py_None ? handed(s, p) : !(ga == -1.0 && PyErr_Occurred()) && share(s, p, ga);
    }
    Py_XDECREF(shares);
    return fine;
}

/* Let every Cell hand its parents their shares of its derivative, when it has received its own: NULL, or where it failed. */
static Cell *hand_down(Stack *s, Cell *output) {
    if (!push(s, output)) return output;
    while (s->count) {
        Cell *v = s->cells[--s->count], *a = v->a, *b = v->b;
        fetch((char *)v - AHEAD);
        double x = v->x, y = v->y, out = OUT(v), g = v->grad, ga = 0.0, gb = 0.0;
        v->waiting = 0;
        if (v->flags & NOTHING) goto in_python;
        switch (v->row) {
#define SHARE_1(name, raises_, ga_raises) \
    case R_##name: \
        ga = d0_##name(x, out, g); \
        if (ga_raises && !isfinite(ga)) goto in_python; \
        break;
#define SHARE_2(name, raises_, ga_raises, gb_raises) \
    case R_##name: \
        if (a) ga = d0_##name(x, y, out, g); \
        if (b) gb = d1_##name(x, y, out, g); \
        if (((ga_raises) && !isfinite(ga)) || ((gb_raises) && !isfinite(gb))) goto in_python; \
        break;
            ROWS_1(SHARE_1)
            ROWS_2(SHARE_2)
        default:
            goto in_python;
        }
        if (a && !share(s, a, ga)) return v;
        if (b && v->row >= R_add && !share(s, b, gb)) return v;
        continue;
    in_python:
        if (!hand_down_in_python(s, v, g)) return v;
    }
    return NULL;
}

/* After an error: what waits behind this Cell waits no more. It takes no memory, which may be what is missing. */
static void forget_behind(Cell *v) {
    Cell *list = NULL;
    for (;;) {
        for (Py_ssize_t k = 0; k < parent_count(v); k++) {
            Cell *p = parent_at(v, k);
            if (p && p->waiting) p->waiting = 0, p->next = list, list = p;
        }
        if (!list) return;
        v = list, list = v->next;
        v->grad = -0.0, v->flags |= NOTHING;
    }
}

/* One of two rounds over the graph behind the outputs: the first marks what it comes to, and finds the leaves, among
   them the variables of runs that stand in the place of a Value, or a Cell that waits; the second takes the marks away,
   and needs no more space than the first, also where that ended early. */
static int walk(Stack *s, PyObject *outputs, int round, PyObject *leaves, Cell **waits) {
    s->count = 0;
    for (Py_ssize_t k = 0; k < PyList_GET_SIZE(outputs); k++) {
        Cell *v = (Cell *)PyList_GET_ITEM(outputs, k);
        if (is_cell(v) && !push(s, v)) return 0;
    }
    while (s->count) {
        Cell *v = s->cells[--s->count];
        if (!!(v->flags & SEEN) != round) continue;
        v->flags ^= SEEN;
        if (waits && v->waiting) *waits = v;
        if (leaves && (!v->row || (ARITY(v) == 1 && v->b)) && PyList_Append(leaves, (PyObject *)v) < 0) return 0;
        for (Py_ssize_t k = 0; k < parent_count(v); k++) {
            Cell *p = parent_at(v, k);
            if (p && !!(p->flags & SEEN) == round && !push(s, p)) return 0;
        }
    }
    return 1;
}

static PyObject *leaves_of(PyObject *module, PyObject *outputs) {
    if (!PyList_Check(outputs)) return PyErr_Format(PyExc_TypeError, "a list of outputs, not %R", outputs);
    PyObject *leaves = PyList_New(0);
    Stack s = {NULL, 0, 0};
    int fine = leaves && walk(&s, outputs, 0, leaves, NULL);
    walk(&s, outputs, 1, NULL, NULL);
    PyMem_Free(s.cells);
    if (!fine) Py_CLEAR(leaves);
    return leaves;
}

/* Whether no other pass waits where this one will come. */
static int is_apart(Stack *s, PyObject *output) {
    PyObject *outputs = PyList_New(1);
    if (!outputs) return 0;
    PyList_SET_ITEM(outputs, 0, Py_NewRef(output));
    Cell *waits = NULL;
    int fine = walk(s, outputs, 0, NULL, &waits);
    walk(s, outputs, 1, NULL, NULL);
    Py_DECREF(outputs);
    if (waits) Py_XDECREF(PyObject_CallFunctionObjArgs(refuse, output, waits, NULL));
    return fine && !waits;
}

static int swept(Cell *output) {
    Cell *failed = output;
    Stack s = {NULL, 0, 0};
    if (passes && !is_apart(&s, (PyObject *)output)) { PyMem_Free(s.cells); return 0; }
    passes++, s.count = 0;
    if (count_children(&s, output)) {
        output->waiting = 1, output->grad = 1.0, output->flags &= ~(NOTHING | NO_GRAD);
        failed = hand_down(&s, output);
    } else {
        s.count = 0; /* all that was counted lies behind the output */
    }
    passes--;
    for (Cell *v = failed; v; v = s.count ? s.cells[--s.count] : NULL) v->waiting = 0, forget_behind(v);
    PyMem_Free(s.cells);
    return !failed;
}

static PyObject *sweep(PyObject *module, PyObject *o) {
    if (!is_cell(o) || !((Cell *)o)->row) return PyErr_Format(PyExc_TypeError, "not the result of an operation: %R", o);
    if (!swept((Cell *)o)) return NULL;
    Py_RETURN_NONE;
}

static inline Cell *leaf_at(PyObject *list, Py_ssize_t k) { /* NULL: there is none */
    Cell *v = k < PyList_GET_SIZE(list) ? (Cell *)PyList_GET_ITEM(list, k) : NULL;
    return v && is_cell(v) && !v->row ? v : NULL;
}

/* (output, variables): its derivatives by them, 0 where nothing arrives. */
static PyObject *slopes(PyObject *module, PyObject *args) {
    PyObject *output, *variables;
    if (!PyArg_ParseTuple(args, "OO!", &output, &PyList_Type, &variables)) return NULL;
    Py_ssize_t n = PyList_GET_SIZE(variables);
    for (Py_ssize_t k = 0; k < n; k++) {
        Cell *v = leaf_at(variables, k);
        if (!v) return PyErr_Format(PyExc_TypeError, "variables are leaves");
        v->grad = -0.0, v->flags = (v->flags & ~NO_GRAD) | NOTHING;
    }
    Cell *y = is_cell(output) ? (Cell *)output : NULL;
    if (y && y->row && !swept(y)) return NULL;
    if (y && !y->row) y->grad += 1.0, y->flags &= ~(NOTHING | NO_GRAD);
    PyObject *list = PyList_New(n);
    for (Py_ssize_t k = 0; list && k < n; k++) {
        Cell *v = leaf_at(variables, k); /* which a rule, that is any program, may have taken away */
        double slope = v && !(v->flags & (NOTHING | NO_GRAD)) ? v->grad : 0.0;
        PyObject *answer = v ? PyFloat_FromDouble(slope) : PyErr_Format(PyExc_TypeError, "variables are leaves");
        if (answer) PyList_SET_ITEM(list, k, answer); else Py_CLEAR(list);
    }
    return list;
}

/* A parent in a walk that ends at the variables: 0 if it is another leaf, or after an error. What nobody else refers to
   is reached only once, and needs no mark; what is marked is on a stack, by which the marks are taken away. */
ALWAYS int within(Stack *next, Stack *marked, Cell *p, int others) {
    if (!p->row) {
        p->flags |= p->flags & MINE ? SEEN : 0;
        return p->flags & MINE;
    }
    if (others || Py_REFCNT((PyObject *)p) > 1) {
        if (p->flags & SEEN) return 1;
        if (!push(marked, p)) return 0;
        p->flags |= SEEN;
    }
    return push(next, p);
}

static int all_within(Stack *next, Stack *marked, PyObject *outputs) {
    for (Py_ssize_t k = 0; k < PyList_GET_SIZE(outputs); k++) {
        Cell *v = (Cell *)PyList_GET_ITEM(outputs, k);
        if (is_cell(v) && !within(next, marked, v, 1)) return 0;
    }
    while (next->count) {
        Cell *v = next->cells[--next->count];
        fetch((char *)v - AHEAD);
        int arity = ARITY(v);
        if (arity) {
            if (arity == 1 && v->b) return 0; /* it stands for a Value */
            if (v->a && !within(next, marked, v->a, 0)) return 0;
            if (v->b && !within(next, marked, v->b, 0)) return 0;
        } else { /* another Cell may have the tuple of the parents */
            for (Py_ssize_t k = 0; k < parent_count(v); k++)
                if (parent_at(v, k) && !within(next, marked, parent_at(v, k), 1)) return 0;
        }
    }
    return 1;
}

/* (outputs, variables): the places of the variables that no output was computed from; None if other leaves take part. */
static PyObject *idle(PyObject *module, PyObject *args) {
    PyObject *outputs, *variables, *places;
    if (!PyArg_ParseTuple(args, "O!O!", &PyList_Type, &outputs, &PyList_Type, &variables)) return NULL;
    if (!(places = PyList_New(0))) return NULL;
    Py_ssize_t n = PyList_GET_SIZE(variables), mine = 0;
    Stack next = {NULL, 0, 0}, marked = {NULL, 0, 0};
    for (Cell *v; (v = leaf_at(variables, mine)); mine++) v->flags |= MINE;
    if (mine < n || !all_within(&next, &marked, outputs)) Py_CLEAR(places);
    for (Py_ssize_t k = 0; places && k < n; k++) {
        if (leaf_at(variables, k)->flags & SEEN) continue;
        PyObject *place = PyLong_FromSsize_t(k);
        if (!place || PyList_Append(places, place) < 0) Py_CLEAR(places);
        Py_XDECREF(place);
    }
    while (mine) leaf_at(variables, --mine)->flags &= ~(MINE | SEEN);
    while (marked.count) marked.cells[--marked.count]->flags &= ~SEEN;
    PyMem_Free(next.cells), PyMem_Free(marked.cells);
    return places || PyErr_Occurred() ? places : Py_NewRef(Py_None);
}
