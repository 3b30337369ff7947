/* Recording: a Number is what Symbol is built upon, a Tape what Trace is built upon, and the arithmetic of exact floats in
   a trace is done here, the twin of `recorded` in trace/recording.py and of `compute` in trace/trace.py. All else (ints that
   are no constants, conditions, errors, what the program may catch, constants that change nothing) is Python's. */

typedef struct {
    PyObject_HEAD
    PyObject *constants, *numbers, *steps; /* as those of Trace */
    PyObject *whole;                       /* a dict: of each int that is a constant, its number */
    PyObject *letter, *root;
    Py_ssize_t count, most;                /* of expressions, and how many there may be */
    char ieee, finished;
} Tape;

typedef struct {
    PyObject_HEAD
    Tape *trace;
    PyObject *row, *parents, *data, *number, *name, *is_value, *scope;
} Number;

static PyTypeObject *tape_type, *number_type, *symbol_type, *computed_type;
static PyObject *record_in_python, *has_handlers, *handlers_known; /* a dict: by a code's address the code, and whether it has any */
#define is_number(o) PyObject_TypeCheck((PyObject *)(o), number_type)

/* What an operand is to a trace: 2 a float of it, 1 a plain number, 0 something else. */
static inline int operand_of(PyObject *o, Tape **tape, double *x, int ints) {
    if (Py_IS_TYPE(o, symbol_type)) {
        Number *s = (Number *)o;
        if (!s->data || !PyFloat_CheckExact(s->data) || (*tape && *tape != s->trace)) return 0;
        *tape = s->trace, *x = PyFloat_AS_DOUBLE(s->data);
        return 2;
    }
    return PyFloat_CheckExact(o) || ints ? plain(o, x) : 0;
}

/* The number of a constant in the trace, which keeps it: a borrowed reference. */
static PyObject *number_of_constant(Tape *t, PyObject *o, double x) {
    int is_whole = PyLong_CheckExact(o);
    PyObject *known = is_whole ? PyDict_GetItemWithError(t->whole, o) : x != 0 ? PyDict_GetItemWithError(t->numbers, o) : NULL;
    if (known || PyErr_Occurred()) return known;
    PyObject *number = PyObject_CallMethod((PyObject *)t, "number_of", "O", o);
    if (number && is_whole && PyDict_SetItem(t->whole, o, number) < 0) Py_CLEAR(number);
    Py_XDECREF(number); /* a value of `numbers` */
    return number;
}

/* The number of the expression: that of an equal one, or of a new step. Rows of the table and numbers lead nowhere, so the
   garbage collector need not look at what holds them. */
static PyObject *number_of_step(Tape *t, PyObject *op, PyObject *operands) {
    PyObject *key = PyTuple_Pack(2, op, operands), *step = NULL;
    if (key) PyObject_GC_UnTrack(key), PyObject_GC_UnTrack(operands);
    PyObject *number = key ? Py_XNewRef(PyDict_GetItemWithError(t->numbers, key)) : NULL;
    if (number || !key || PyErr_Occurred()) { Py_XDECREF(key); return number; }
    if (t->count >= t->most && !(number = PyObject_CallMethod((PyObject *)t, "at_most", NULL))) { Py_DECREF(key); return NULL; }
    Py_XSETREF(number, PyLong_FromSsize_t(t->count));
    if (number && PyDict_SetItem(t->numbers, key, number) == 0 && (step = computed_type->tp_alloc(computed_type, 4))) {
        t->count++;
        PyTuple_SET_ITEM(step, 0, Py_NewRef(number)), PyTuple_SET_ITEM(step, 1, Py_NewRef(op));
        PyTuple_SET_ITEM(step, 2, Py_NewRef(operands)), PyTuple_SET_ITEM(step, 3, Py_NewRef(t->letter));
        PyObject_GC_UnTrack(step);
    }
    if (!step || PyList_Append(t->steps, step) < 0) Py_CLEAR(number);
    Py_XDECREF(key), Py_XDECREF(step);
    return number;
}

/* Whether the operation answers its other operand beside the constant at place k: 1, yes; 0, no; -1: Python has to find out. */
static inline int is_neutral(int row, int k, double c) {
    if (c != 0 && c != 1) return 0;
    switch (row) {
    case R_mul: return c == 1;
    case R_truediv: case R_pow: case R_pow_const: return k == 1 && c == 1;
    case R_sub: return k == 1 && c == 0 && !signbit(c);
    case R_floordiv: case R_mod: return 0;
    case R_add: return c == 0 ? -1 : 0;
    default: return -1;
    }
}

/* The Symbol of the answer `out` of a row to operands, of which Symbols are known, or of one that is left unchanged; NULL without an error: it is Python's. */
static PyObject *noted(Tape *t, int row, PyObject *const *inputs, const int *kinds, const double *x, int n, double out, int unchanged) {
    PyObject *operands = PyTuple_New(n), *parents = PyTuple_New(n), *number = NULL, *data = NULL;
    PyObject *op = rows[row].op, *is_value = Py_False;
    Number *s = NULL;
    for (int k = 0; operands && parents && k < n; k++) {
        PyObject *parent = NULL, *place;
        if (kinds[k] == 2) {
            Number *a = (Number *)inputs[k];
            int is_constant = PyDict_Contains(t->constants, place = a->number);
            if (is_constant) goto out;
            if (a->is_value == Py_True) is_value = Py_True;
            parent = Py_NewRef(inputs[k]);
        } else if ((place = number_of_constant(t, inputs[k], x[k]))) {
            parent = PyFloat_CheckExact(inputs[k]) ? Py_NewRef(inputs[k]) : PyFloat_FromDouble(x[k]);
        }
        if (!parent) goto out;
        PyTuple_SET_ITEM(operands, k, Py_NewRef(place)), PyTuple_SET_ITEM(parents, k, parent);
    }
    if (operands && parents) number = unchanged < 0 ? number_of_step(t, op, operands) : Py_NewRef(PyTuple_GET_ITEM(operands, unchanged));
    if (number && (data = PyFloat_FromDouble(out)) &&
        (s = (Number *)symbol_type->tp_alloc(symbol_type, 0))) {
        s->trace = (Tape *)Py_NewRef(t), s->row = Py_NewRef(op), s->parents = Py_NewRef(parents);
        s->data = Py_NewRef(data), s->number = Py_NewRef(number), s->name = Py_NewRef(Py_None);
        s->is_value = Py_NewRef(is_value);
    }
out:
    Py_XDECREF(operands), Py_XDECREF(parents), Py_XDECREF(number), Py_XDECREF(data);
    return (PyObject *)s;
}

/* Whether the code may catch an error that is raised in it; -1 after an error. */
static int has_handlers_in(PyObject *code) {
    PyObject *address = PyLong_FromVoidPtr(code), *known = address ? PyDict_GetItemWithError(handlers_known, address) : NULL;
    int has = -1;
    if (known && PyTuple_GET_ITEM(known, 0) == code) {
        has = PyTuple_GET_ITEM(known, 1) == Py_True;
    } else if (address && !PyErr_Occurred()) {
        if (PyDict_GET_SIZE(handlers_known) >= 4096) PyDict_Clear(handlers_known);
        PyObject *answer = PyObject_CallOneArg(has_handlers, code), *pair = answer ? PyTuple_Pack(2, code, answer) : NULL;
        if (pair && PyDict_SetItem(handlers_known, address, pair) == 0) has = answer == Py_True;
        Py_XDECREF(answer), Py_XDECREF(pair);
    }
    Py_XDECREF(address);
    return has;
}

/* Whether a function of the program, from the one that runs up to the root of the trace, may catch an error that is raised now. */
static int may_be_caught(Tape *t) {
    PyFrameObject *frame = (PyFrameObject *)Py_XNewRef(PyEval_GetFrame());
    int may = 0;
    while (frame && (PyObject *)frame != t->root && !may) {
        PyCodeObject *code = PyFrame_GetCode(frame);
        may = has_handlers_in((PyObject *)code);
        PyFrameObject *back = PyFrame_GetBack(frame);
        Py_DECREF(code), Py_DECREF(frame);
        frame = back;
    }
    Py_XDECREF(frame);
    if (may < 0) PyErr_Clear(); /* Python meets it again */
    return may != 0;
}

/* Whether the trace takes the answer as it is: no error in it, and no question which error there would be. */
static inline int is_taken(Tape *t, double out, int raises) {
    if (t->finished) return 0;
    if (!raises) return 1;
    int asks = t->ieee && t->root && t->root != Py_None && PyUnicode_READ_CHAR(t->letter, 0) == 'v';
    return isfinite(out) && !(asks && may_be_caught(t));
}

static PyObject *traced_in_python(PyObject *l, PyObject *r, int row) {
    PyObject *method = is_number(l) ? rows[row].traced : rows[row].traced_reflected;
    if (!method) Py_RETURN_NOTIMPLEMENTED;
    return is_number(l) ? PyObject_CallFunctionObjArgs(method, l, r, NULL) : PyObject_CallFunctionObjArgs(method, r, l, NULL);
}

ALWAYS PyObject *traced_binary(PyObject *l, PyObject *r, int row, int by_constant, double (*value)(double, double), int raises, int ints) {
    PyObject *inputs[2] = {l, r};
    double x[2];
    Tape *t = NULL;
    int kinds[2] = {operand_of(l, &t, x, ints), 0};
    if (kinds[0] && (kinds[1] = operand_of(r, &t, x + 1, ints)) && t && !watched) {
        int constant = kinds[0] == 1 ? 0 : 1, neutral = kinds[constant] == 1 ? is_neutral(row, constant, x[constant]) : 0;
        double out = value(x[0], x[1]);
        if (neutral >= 0 && is_taken(t, out, raises)) {
            PyObject *s = noted(t, kinds[1] == 1 ? by_constant : row, inputs, kinds, x, 2, out, neutral ? 1 - constant : -1);
            if (s || PyErr_Occurred()) return s;
        }
    }
    return NULL;
}

ALWAYS PyObject *traced_unary(PyObject *o, int row, double (*value)(double), int raises) {
    double x;
    Tape *t = NULL;
    int kind = operand_of(o, &t, &x, 0);
    if (kind == 2 && !watched) {
        double out = value(x);
        if (is_taken(t, out, raises)) return noted(t, row, &o, &kind, &x, 1, out, row == R_pos || row == R_as_float ? 0 : -1);
    }
    return NULL;
}

#define TRACED_1(name, raises, ...) \
    static PyObject *t_##name(PyObject *o) { return traced_unary(o, R_##name, v_##name, raises); }
#define TRACED_2(name, raises, ...) \
    static PyObject *t_##name(PyObject *l, PyObject *r) { return traced_binary(l, r, R_##name, R_##name, v_##name, raises, 0); }
ROWS_1(TRACED_1)
ROWS_2(TRACED_2)

#define OPERATOR_2(name, by_constant, raises) \
    static PyObject *n_##name(PyObject *l, PyObject *r) { \
        PyObject *s = traced_binary(l, r, R_##name, R_##by_constant, v_##name, raises, 1); \
        return s || PyErr_Occurred() ? s : traced_in_python(l, r, R_##name); \
    }
OPERATOR_2(add, add, 0) OPERATOR_2(sub, sub, 0) OPERATOR_2(mul, mul, 0) OPERATOR_2(truediv, truediv, 1)
OPERATOR_2(floordiv, floordiv, 1) OPERATOR_2(mod, mod, 1) OPERATOR_2(pow, pow_const, 1)

#define OPERATOR_1(name) \
    static PyObject *n_##name(PyObject *o) { \
        PyObject *s = t_##name(o); \
        return s || PyErr_Occurred() ? s : traced_in_python(o, NULL, R_##name); \
    }
OPERATOR_1(neg) OPERATOR_1(pos) OPERATOR_1(abs)

static PyObject *n_power(PyObject *l, PyObject *r, PyObject *modulus) {
    if (modulus == Py_None) return n_pow(l, r);
    PyObject *method = is_number(l) ? rows[R_pow].traced : NULL;
    if (!method) Py_RETURN_NOTIMPLEMENTED;
    return PyObject_CallFunctionObjArgs(method, l, r, modulus, NULL);
}

typedef PyObject *(*TracedUnary)(PyObject *);
typedef PyObject *(*TracedBinary)(PyObject *, PyObject *);
#define TRACED_OF(name, ...) [R_##name] = t_##name,
static const TracedUnary traced_1[PYTHON_N] = {ROWS_1(TRACED_OF)};
static const TracedBinary traced_2[PYTHON_N] = {ROWS_2(TRACED_OF)};

/* (op, *inputs): the Symbol that an operation makes of inputs, of which one at least is a Symbol. */
static PyObject *record_traced(PyObject *module, PyObject *const *args, Py_ssize_t n) {
    PyObject *place = n ? PyDict_GetItemWithError(row_of, args[0]) : NULL, *s = NULL;
    Py_ssize_t row = place ? PyLong_AsSsize_t(place) : PYTHON_N;
    if (row < PYTHON_N && n == 2 && row < R_add) s = traced_1[row](args[1]);
    else if (row < PYTHON_N && n == 3 && row >= R_add && row != R_pow) s = traced_2[row](args[1], args[2]);
    return s || PyErr_Occurred() ? s : PyObject_Vectorcall(record_in_python, args, (size_t)n, NULL);
}

static int number_init(PyObject *self, PyObject *args, PyObject *options) {
    static char *words[] = {"trace", "row", "parents", "data", "number", "name", "is_value", NULL};
    PyObject *trace, *row, *parents, *data, *number_, *name = Py_None;
    int is_value = 0;
    if (!PyArg_ParseTupleAndKeywords(args, options, "O!OO!OO!|Op", words, tape_type, &trace, &row, &PyTuple_Type, &parents,
                                     &data, &PyLong_Type, &number_, &name, &is_value)) return -1;
    Number *s = (Number *)self;
    Py_XSETREF(s->trace, (Tape *)Py_NewRef(trace));
    Py_XSETREF(s->row, Py_NewRef(row));
    Py_XSETREF(s->parents, Py_NewRef(parents));
    Py_XSETREF(s->data, Py_NewRef(data));
    Py_XSETREF(s->number, Py_NewRef(number_));
    Py_XSETREF(s->name, Py_NewRef(name));
    Py_XSETREF(s->is_value, PyBool_FromLong(is_value));
    return 0;
}

static int number_traverse(PyObject *self, visitproc visit, void *arg) {
    Number *s = (Number *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(s->trace); Py_VISIT(s->row); Py_VISIT(s->parents); Py_VISIT(s->data); Py_VISIT(s->name);
    Py_VISIT(s->scope);
    return 0;
}

static int number_clear(PyObject *self) {
    Number *s = (Number *)self;
    Py_CLEAR(s->trace); Py_CLEAR(s->row); Py_CLEAR(s->parents); Py_CLEAR(s->data); Py_CLEAR(s->number);
    Py_CLEAR(s->name); Py_CLEAR(s->is_value); Py_CLEAR(s->scope);
    return 0;
}

static void collected(PyObject *self, inquiry clear) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static void number_dealloc(PyObject *self) { collected(self, number_clear); }

static PyObject *tape_new(PyTypeObject *type, PyObject *args, PyObject *options) {
    Tape *t = (Tape *)type->tp_alloc(type, 0);
    if (t && !(t->whole = PyDict_New())) Py_CLEAR(t);
    return (PyObject *)t;
}

static int tape_traverse(PyObject *self, visitproc visit, void *arg) {
    Tape *t = (Tape *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(t->constants); Py_VISIT(t->numbers); Py_VISIT(t->steps); Py_VISIT(t->root);
    return 0;
}

static int tape_clear(PyObject *self) {
    Tape *t = (Tape *)self;
    Py_CLEAR(t->constants); Py_CLEAR(t->numbers); Py_CLEAR(t->steps); Py_CLEAR(t->whole); Py_CLEAR(t->letter);
    Py_CLEAR(t->root);
    return 0;
}

static void tape_dealloc(PyObject *self) { collected(self, tape_clear); }

#define FIELD(type, place, kind) {"_" #place, kind, offsetof(type, place), 0, NULL}
static PyMemberDef number_members[] = {
    FIELD(Number, trace, T_OBJECT_EX), FIELD(Number, row, T_OBJECT_EX), FIELD(Number, parents, T_OBJECT_EX),
    FIELD(Number, data, T_OBJECT_EX), FIELD(Number, number, T_OBJECT_EX), FIELD(Number, name, T_OBJECT_EX),
    FIELD(Number, is_value, T_OBJECT_EX), FIELD(Number, scope, T_OBJECT_EX), {NULL}
};
#define COLUMN(place, kind) {#place, kind, offsetof(Tape, place), 0, NULL}
static PyMemberDef tape_members[] = {
    COLUMN(constants, T_OBJECT_EX), COLUMN(numbers, T_OBJECT_EX), COLUMN(steps, T_OBJECT_EX), COLUMN(letter, T_OBJECT_EX),
    COLUMN(root, T_OBJECT_EX), COLUMN(count, T_PYSSIZET), COLUMN(most, T_PYSSIZET), COLUMN(ieee, T_BOOL), COLUMN(finished, T_BOOL), {NULL}
};
static PyType_Slot symbol_slots[] = {
    {Py_tp_init, number_init}, {Py_tp_new, PyType_GenericNew}, {Py_tp_dealloc, number_dealloc},
    {Py_tp_traverse, number_traverse}, {Py_tp_clear, number_clear}, {Py_tp_members, number_members},
    {Py_nb_add, n_add}, {Py_nb_subtract, n_sub}, {Py_nb_multiply, n_mul}, {Py_nb_true_divide, n_truediv},
    {Py_nb_floor_divide, n_floordiv}, {Py_nb_remainder, n_mod}, {Py_nb_power, n_power}, {Py_nb_negative, n_neg},
    {Py_nb_positive, n_pos}, {Py_nb_absolute, n_abs}, {0}
};
static PyType_Slot tape_slots[] = {
    {Py_tp_new, tape_new}, {Py_tp_dealloc, tape_dealloc},
    {Py_tp_traverse, tape_traverse}, {Py_tp_clear, tape_clear}, {Py_tp_members, tape_members}, {0}
};
static PyType_Spec number_spec = {
    "micrograd_like.core._cell.Number", sizeof(Number), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, symbol_slots
};
static PyType_Spec tape_spec = {
    "micrograd_like.core._cell.Tape", sizeof(Tape), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, tape_slots
};

/* (Symbol, Computed, record, has_handlers): the types that recording makes, what does all that is not done here, and whether
   code may catch errors. */
static PyObject *set_tracing(PyObject *module, PyObject *args) {
    PyObject *symbol, *computed, *record, *handlers, *known;
    if (!PyArg_ParseTuple(args, "O!O!OO", &PyType_Type, &symbol, &PyType_Type, &computed, &record, &handlers)) return NULL;
    if (!(known = PyDict_New())) return NULL;
    set_reference(handlers_known, known);
    set_reference(has_handlers, Py_NewRef(handlers));
    set_reference(symbol_type, (PyTypeObject *)Py_NewRef(symbol));
    set_reference(computed_type, (PyTypeObject *)Py_NewRef(computed));
    set_reference(record_in_python, Py_NewRef(record));
    Py_RETURN_NONE;
}
