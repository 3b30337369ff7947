/* The compiled core: what a Value is, the arithmetic of exact numbers, and the backward pass.

   It knows the regular case only: Values, floats, small ints, bools and NumPy scalars in, a finite number out. Everything
   else (other kinds of numbers, errors, inf and nan, rows of any number of inputs, a user's own rows, a run that is
   watched) it hands to the Python functions that do all of the work where this file has not been compiled. So value.py,
   methods.py and backward.py say what is right; what stands here may be faster, but must not differ. What a row of the table computes is in rows.h,
   which targets/header.py writes from ops.py. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <structmember.h>

#ifdef Py_GIL_DISABLED
#error "the core needs the GIL: without it, micrograd_like runs in pure Python"
#endif

static int error(PyObject *type, const char *text) {
    PyErr_SetString(type, text);
    return -1;
}

#define set_reference(place, new) do { PyObject *old_ = (PyObject *)(place); (place) = (new); Py_XDECREF(old_); } while (0)

#ifdef _MSC_VER
#define ALWAYS static __forceinline
#else
#define ALWAYS static inline __attribute__((always_inline))
#endif

static double py_hypot(double x, double y); /* Python's hypot is not the C library's */
#define hypot py_hypot
#include "rows.h"
#undef hypot

/* ------------------------------------------------------------------------------------------------ what a Cell is

   A Cell is a Value, or an Active, which is a Value inside a run of a transform. It holds its number, its derivative,
   the row of the operation that made it, the parents, and the numbers that the operation met. A Cell is not tracked by
   the cyclic garbage collector: its parents are older than itself and are never exchanged, so Cells make no cycle. */

typedef struct Cell Cell;

typedef struct { /* what few Cells have */
    PyObject *name, *scope, *op;
    double out; /* what the operation made, if `data` was written since */
} Extra;

struct Cell {
    PyObject_HEAD
    double data;
    union {
        double grad;
        Cell *next; /* in a list of those that are being freed, or that have to forget a pass */
    };
    double x, y;      /* the numbers that the operation met */
    Cell *a, *b;      /* its parents, NULL for a plain number. With any number of inputs, the tuple of the parents and
                         that of the numbers. `a` of a leaf, and `b` with one input, is the run it belongs to, or NULL.
                         `b` of a variable of a run has the names of all of them, `x` is its place among these */
    Extra *extra;
    uint32_t waiting; /* in a backward pass: how many shares are to come, 1 if none is but it has not handed down yet */
    uint16_t row;     /* the operation; 0: a leaf */
    uint8_t flags;
};

enum {
    NOTHING = 1, /* has arrived in `grad` */
    WRITTEN = 2, /* `data` was, and `extra` has `out` */
    NO_GRAD = 4, /* somebody has set `grad` to None */
    SEEN = 8,    /* in a walk over the graph */
    MINE = 16    /* in such a walk: a variable of the run */
};

enum { /* the rows of the table that are in rows.h; then those that are Python's, whose operation is in `extra` */
    LEAF,
#define PLACE(name, ...) R_##name,
    ROWS_1(PLACE) ROWS_2(PLACE)
    PYTHON_N, PYTHON_1, PYTHON_2 /* of any number of inputs, of one, of two */
};

#define NAME(name, ...) #name,
static const char *const names[] = {"", ROWS_1(NAME) ROWS_2(NAME)};
static struct { /* a row, its rule, and its methods in Python: of a Value and of an Active, and of a Symbol */
    PyObject *op, *rule, *method[2], *reflected[2], *traced, *traced_reflected;
} rows[PYTHON_N];
static PyObject *row_of; /* a dict: of each operation that is here, its place among the rows */
static PyTypeObject *value_type, *active_type;
static PyObject *number, *read_data, *shares_of, *refuse, *limits, *operands_in_python, *class_of, *nothing, *thread,
    *runs, *look;
static PyObject *math_hypot, *comparisons[2][6];
static int watched; /* whether somebody looks on with sys.setprofile, who sees Python functions only */
static unsigned asked, passed_over; /* comparisons of Actives since the run began; the looks that were left out */
static PyObject *asked_by;         /* the code that asked when it was looked at before */

#define is_active(o) Py_IS_TYPE((PyObject *)(o), active_type)
#define is_value(o) (Py_IS_TYPE((PyObject *)(o), value_type) || is_active(o)) /* and not of a user's own class */
#define is_cell(o) (is_value(o) || PyObject_TypeCheck((PyObject *)(o), value_type))
#define OUT(v) ((v)->flags & WRITTEN ? (v)->extra->out : (v)->data)
#define ARITY(v) ((v)->row < PYTHON_N ? ((v)->row < R_add ? 1 : 2) : (v)->row - PYTHON_N) /* not of a leaf; 0: any */
#define OP(v) ((v)->row < PYTHON_N ? rows[(v)->row].op : (v)->extra->op)

static inline Py_ssize_t parent_count(Cell *v) {
    return !v->row ? 0 : ARITY(v) ? ARITY(v) : PyTuple_GET_SIZE(v->a);
}

static inline Cell *parent_at(Cell *v, Py_ssize_t k) { /* NULL: a plain number */
    if (ARITY(v)) return k ? v->b : v->a;
    PyObject *p = PyTuple_GET_ITEM(v->a, k);
    return PyFloat_CheckExact(p) ? NULL : (Cell *)p;
}

/* ------------------------------------------------------------------------------------------------ memory

   Where Cells lie is in slabs.h: `allocated` gives room for one, `freed` takes it back, `fetch` says that what lies
   there is needed soon, AHEAD is how far to look. A chain of Cells is freed in a loop, so that any length is. */

#include "slabs.h"

/* A new leaf of exactly the type Value or Active. */
static inline Cell *blank(PyTypeObject *type) {
    Cell *v = allocated();
    if (!v) return NULL;
    Py_SET_TYPE((PyObject *)v, type);
    Py_INCREF(type);
    Py_SET_REFCNT((PyObject *)v, 1);
    v->data = v->grad = v->x = v->y = 0.0, v->a = v->b = NULL, v->extra = NULL;
    v->waiting = 0, v->row = LEAF, v->flags = 0;
    return v;
}

static inline PyObject *made(PyTypeObject *type, double out, int row, Cell *a, double x, Cell *b, double y) {
    Cell *v = blank(type);
    if (!v) return NULL;
    v->data = out, v->row = (uint16_t)row, v->x = x, v->y = y;
    v->a = (Cell *)Py_XNewRef(a), v->b = (Cell *)Py_XNewRef(b);
    return (PyObject *)v;
}

static Extra *extra_of(Cell *v) {
    if (!v->extra && !(v->extra = PyMem_Calloc(1, sizeof(Extra)))) PyErr_NoMemory();
    return v->extra;
}

/* Free a Cell, and in a loop the parents that nobody else holds: a chain of any length needs no stack. Those that wait
   to be freed have no references, by which `living` knows them: another program may run before their turn comes. */
static void cell_dealloc(PyObject *self) {
    Cell *dead = (Cell *)self;
    dead->next = NULL;
    while (dead) {
        Cell *v = dead, *parents[2] = {v->a, v->b};
        Extra *extra = v->extra;
        PyTypeObject *type = Py_TYPE((PyObject *)v);
        dead = v->next;
        fetch((char *)v - AHEAD);
        for (int k = 0; k < 2; k++) {
            Cell *p = parents[k];
            if (p && is_value(p) && Py_REFCNT((PyObject *)p) == 1) {
                Py_SET_REFCNT((PyObject *)p, 0);
                p->next = dead, dead = p;
            } else {
                Py_XDECREF((PyObject *)p);
            }
        }
        if (extra) {
            Py_XDECREF(extra->name), Py_XDECREF(extra->scope), Py_XDECREF(extra->op);
            PyMem_Free(extra);
        }
        if (type == value_type || type == active_type) freed(v); else type->tp_free(v);
        Py_DECREF(type);
    }
}

/* ------------------------------------------------------------------------------------------------ operations

   Each row is a function here: `m_mul` of Values is what `*` calls. It computes the number, and makes the Value, if the
   operands are Values or plain numbers, and the number is one that Python would have answered: where Python may
   raise, a finite one. Otherwise `in_python` calls the method that methods.py made for the row. */

static inline int plain(PyObject *o, double *x) {
    if (PyFloat_CheckExact(o)) { *x = PyFloat_AS_DOUBLE(o); return 1; }
    if (PyLong_CheckExact(o)) {
        int overflow;
        long long n = PyLong_AsLongLongAndOverflow(o, &overflow);
        if (!overflow && -(1LL << 53) <= n && n <= 1LL << 53) { *x = (double)n; return 1; }
    }
    return 0;
}

/* The same, of True and False and of NumPy's numbers too: its types, which cannot be changed, are real by their names. */
static int real(PyObject *o, double *x) {
    static const char *const kinds[] = {"float", "int", "uint", "bool", "longdouble"};
    static PyTypeObject *known; /* the one met last: mostly numpy.float64 */
    if (plain(o, x)) return 1;
    if (PyBool_Check(o)) { *x = o == Py_True; return 1; }
    PyTypeObject *type = Py_TYPE(o);
    if (type != known) {
        if (PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) || strncmp(type->tp_name, "numpy.", 6)) return 0;
        size_t k = 0, n = sizeof kinds / sizeof *kinds;
        while (k < n && strncmp(type->tp_name + 6, kinds[k], strlen(kinds[k]))) k++;
        if (k == n) return 0;
        known = type;
    }
    if (PyFloat_Check(o)) { *x = PyFloat_AS_DOUBLE(o); return 1; }
    PyObject *answer = PyNumber_Float(o);
    if (!answer) { PyErr_Clear(); return 0; }
    *x = PyFloat_AsDouble(answer);
    Py_DECREF(answer);
    return 1;
}

static Py_NO_INLINE PyObject *in_python(PyObject *l, PyObject *r, int row) {
    PyObject *method = is_cell(l) ? rows[row].method[is_active(l)] : NULL;
    if (method) return PyObject_CallFunctionObjArgs(method, l, r, NULL);
    PyObject *reflected = r && is_cell(r) ? rows[row].reflected[is_active(r)] : NULL;
    if (reflected) return PyObject_CallFunctionObjArgs(reflected, r, l, NULL);
    Py_RETURN_NOTIMPLEMENTED;
}

ALWAYS PyObject *binary(PyObject *l, PyObject *r, int row, int by_constant, double (*value)(double, double), int raises) {
    double x, y, out;
    Cell *a = NULL, *b = NULL;
    PyTypeObject *type = value_type;
    int kind = row;
    if (watched) goto slow;
    if (is_value(l)) {
        a = (Cell *)l, x = a->data;
        if (is_active(l)) type = active_type;
        if (is_value(r)) {
            b = (Cell *)r, y = b->data;
            if (is_active(r)) type = active_type;
        } else if (real(r, &y)) kind = by_constant;
        else goto slow;
    } else if (is_value(r) && real(l, &x)) {
        b = (Cell *)r, y = b->data;
        if (is_active(r)) type = active_type;
        if (row == R_add && x == 0 && PyLong_CheckExact(l)) return Py_NewRef(r); /* as sum() begins */
    } else goto slow;
    out = value(x, y);
    if (!raises || isfinite(out)) return made(type, out, kind, a, x, b, y);
slow:
    return in_python(l, r, row);
}

ALWAYS PyObject *unary(PyObject *o, int row, double (*value)(double), int raises) {
    if (!watched && is_value(o)) {
        Cell *a = (Cell *)o;
        double out = value(a->data);
        if (!raises || isfinite(out)) return made(Py_TYPE(o), out, row, a, a->data, NULL, 0.0);
    }
    return in_python(o, NULL, row);
}

#define METHOD_1(name, raises, ...) \
    static PyObject *m_##name(PyObject *o) { return unary(o, R_##name, v_##name, raises); }
#define METHOD_2(name, raises, ...) \
    static PyObject *m_##name(PyObject *l, PyObject *r) { return binary(l, r, R_##name, R_##name, v_##name, raises); }
ROWS_1(METHOD_1)
ROWS_2(METHOD_2)

static PyObject *power(PyObject *l, PyObject *r, PyObject *modulus) {
    if (modulus != Py_None) Py_RETURN_NOTIMPLEMENTED;
    return binary(l, r, R_pow, R_pow_const, v_pow, 1);
}

/* Whether it is seen to where this comparison stands: the twin of what runs/searches.py says. */
static int is_looked_at(void) {
    asked++;
    if (asked % (asked <= 64 ? 8 : 32)) return 0;
    PyFrameObject *frame = PyEval_GetFrame();
    PyObject *code = frame ? (PyObject *)PyFrame_GetCode(frame) : NULL;
    int is_known = code == asked_by && ++passed_over % 8;
    set_reference(asked_by, code);
    return !is_known;
}

static PyObject *compared(PyObject *l, PyObject *r, int how) {
    double x, y;
    if (watched || !is_value(l)) goto slow;
    if (is_active(l)) {
        if (how == Py_EQ || how == Py_NE) goto slow; /* which is noted */
        if (is_looked_at()) {
            PyObject *done = PyObject_CallNoArgs(look);
            if (!done) return NULL;
            Py_DECREF(done);
        }
    }
    x = ((Cell *)l)->data;
    if (is_value(r)) y = ((Cell *)r)->data;
    else if (!plain(r, &y)) goto slow;
    Py_RETURN_RICHCOMPARE(x, y, how);
slow:
    return PyObject_CallFunctionObjArgs(comparisons[is_active(l)][how], l, r, NULL);
}

/* ------------------------------------------------------------------------------------------------ backward

   The backward pass and the walks over a graph are in sweep.h, which is the twin of backward.py: of it Python sees `sweep`,
   `slopes`, `leaves_of` and `idle`, and `passes` is how many passes are going on. */

#include "sweep.h"

/* ------------------------------------------------------------------------------------------------ as Python sees it

   How a leaf is made, and the attributes of a Value: those that users know, and those with an underscore, by which the
   Python functions of the package read and write what the slots of a Value hold where this file is not compiled. */

static int number_from(PyObject *o, double *x) {
    if (real(o, x)) return 1;
    PyObject *answer = PyObject_CallOneArg(number, o);
    if (!answer) return 0;
    *x = PyFloat_AsDouble(answer);
    Py_DECREF(answer);
    return !PyErr_Occurred();
}

static int rename_cell(Cell *v, PyObject *name) {
    if (!v->row) Py_CLEAR(v->b);
    if ((!name || name == Py_None) && !v->extra) return 1;
    if (!extra_of(v)) return 0;
    set_reference(v->extra->name, name && name != Py_None ? Py_NewRef(name) : NULL);
    return 1;
}

static int leaf(Cell *v, PyObject *data, PyObject *name) {
    if (name && name != Py_None && !PyUnicode_Check(name))
        return PyErr_Format(PyExc_TypeError, "the name of a Value is a str, not %R", name) != NULL; /* 0 */
    if (!number_from(data, &v->data)) return 0;
    PyObject *run = NULL;
    if (PyDict_GET_SIZE(runs)) { /* in some thread */
        if (!(run = PyObject_GetAttrString(thread, "run"))) return 0;
        if (run == Py_None) Py_CLEAR(run);
    }
    set_reference(v->a, (Cell *)run);
    return rename_cell(v, name);
}

/* Value(data, name, label=name): without a tuple of the arguments. */
static PyObject *leaf_from_type(PyObject *type, PyObject *const *args, size_t flags, PyObject *kwnames) {
    static const char *const words[] = {"data", "name", "label"};
    Py_ssize_t n = PyVectorcall_NARGS(flags), named = kwnames ? PyTuple_GET_SIZE(kwnames) : 0;
    PyObject *given[3] = {n > 0 ? args[0] : NULL, n > 1 ? args[1] : NULL, NULL};
    for (Py_ssize_t k = 0; k < named; k++) {
        PyObject *word = PyTuple_GET_ITEM(kwnames, k);
        int j = 0;
        while (j < 3 && PyUnicode_CompareWithASCIIString(word, words[j])) j++;
        if (j == 3 || given[j]) return PyErr_Format(PyExc_TypeError, "Value() got an unexpected argument %R", word);
        given[j] = args[n + k];
    }
    if (!given[0] || n > 2) return PyErr_Format(PyExc_TypeError, "Value() takes data and name, not %zd arguments", n + named);
    Cell *v = blank((PyTypeObject *)type);
    if (v && !leaf(v, given[0], given[1] && given[1] != Py_None ? given[1] : given[2])) Py_CLEAR(v);
    return (PyObject *)v;
}

static PyObject *cell_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    return type == value_type || type == active_type ? (PyObject *)blank(type) : PyType_GenericNew(type, args, kwargs);
}

static int cell_init(PyObject *self, PyObject *args, PyObject *kwargs) {
    static char *words[] = {"data", "name", "label", NULL};
    PyObject *data, *name = Py_None, *label = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|O$O:Value", words, &data, &name, &label)) return -1;
    Cell *v = (Cell *)self;
    if (passes && v->row) /* its parents may be on the stack of a pass, which does not hold them */
        return error(PyExc_RuntimeError, "a Value that was computed cannot be made anew while backward() goes on");
    v->row = LEAF, v->grad = 0.0, v->flags = 0;
    Py_CLEAR(v->a);
    Py_CLEAR(v->b);
    return leaf(v, data, name == Py_None ? label : name) - 1;
}

#define GETTER(field) static PyObject *get_##field(PyObject *self, void *closure)
#define SETTER(field) static int set_##field(PyObject *self, PyObject *value, void *closure)
#define V ((Cell *)self)
#define GIVEN(value) if (!value) return error(PyExc_AttributeError, "it cannot be deleted")

GETTER(data) { return watched ? PyObject_CallOneArg(read_data, self) : PyFloat_FromDouble(V->data); }
SETTER(data) {
    double x;
    GIVEN(value);
    if (!number_from(value, &x)) return -1;
    if (!(V->flags & WRITTEN) && memcmp(&x, &V->data, sizeof x)) {
        if (!extra_of(V)) return -1;
        V->extra->out = V->data, V->flags |= WRITTEN;
    }
    V->data = x;
    return 0;
}
GETTER(_data) { return PyFloat_FromDouble(V->data); }
GETTER(_out) { return PyFloat_FromDouble(OUT(V)); }
GETTER(grad) {
    if (V->flags & NO_GRAD) Py_RETURN_NONE;
    return V->flags & NOTHING ? Py_NewRef(nothing) : PyFloat_FromDouble(V->grad);
}
SETTER(grad) {
    GIVEN(value);
    double x = value == Py_None ? 0.0 : PyFloat_AsDouble(value);
    if (x == -1.0 && PyErr_Occurred()) return -1;
    V->grad = x, V->flags &= ~(NO_GRAD | NOTHING);
    V->flags |= value == Py_None ? NO_GRAD : value == nothing ? NOTHING : 0;
    return 0;
}
GETTER(name) {
    if (!V->row && V->b) return PySequence_GetItem((PyObject *)V->b, (Py_ssize_t)V->x);
    return Py_NewRef(V->extra && V->extra->name ? V->extra->name : Py_None);
}
SETTER(name) { return rename_cell(V, value) - 1; }
GETTER(_scope) {
    if (V->extra && V->extra->scope) return Py_NewRef(V->extra->scope);
    return PyErr_Format(PyExc_AttributeError, "_scope");
}
SETTER(_scope) {
    if (!extra_of(V)) return -1;
    set_reference(V->extra->scope, Py_XNewRef(value));
    return 0;
}
GETTER(op) { return Py_NewRef(V->row ? OP(V) : Py_None); }
static PyObject *parent(Cell *p, double x) { return p ? Py_NewRef((PyObject *)p) : PyFloat_FromDouble(x); }
GETTER(_a) { return !V->row ? Py_NewRef(Py_None) : parent(V->a, V->x); }
GETTER(_b) { return V->row && ARITY(V) == 2 ? parent(V->b, V->y) : Py_NewRef(Py_None); }
GETTER(_x) { /* of a leaf the run */
    if (!V->row) return Py_NewRef(V->a ? (PyObject *)V->a : Py_None);
    return ARITY(V) ? PyFloat_FromDouble(V->x) : Py_NewRef((PyObject *)V->b);
}
GETTER(_y) { /* with one input the run */
    if (V->row && ARITY(V) == 2) return PyFloat_FromDouble(V->y);
    return Py_NewRef(V->row && ARITY(V) == 1 && V->b ? (PyObject *)V->b : Py_None);
}
SETTER(_x) {
    if (V->row || !value) return error(PyExc_AttributeError, "the numbers that an operation met stay");
    set_reference(V->a, (Cell *)(value == Py_None ? NULL : Py_NewRef(value)));
    return 0;
}
SETTER(_y) {
    if (!V->row || ARITY(V) != 1 || !value) return error(PyExc_AttributeError, "the numbers that an operation met stay");
    set_reference(V->b, (Cell *)(value == Py_None ? NULL : Py_NewRef(value)));
    return 0;
}
GETTER(parents) {
    if (V->row && !ARITY(V)) return Py_NewRef((PyObject *)V->a);
    Py_ssize_t n = parent_count(V);
    PyObject *tuple = PyTuple_New(n);
    for (Py_ssize_t k = 0; tuple && k < n; k++) {
        PyObject *p = k ? parent(V->b, V->y) : parent(V->a, V->x);
        PyTuple_SET_ITEM(tuple, k, p);
        if (!p) Py_CLEAR(tuple);
    }
    return tuple;
}
#define BOTH(field) {#field, get_##field, set_##field}
static PyGetSetDef getset[] = {
    BOTH(data), BOTH(grad), BOTH(name), BOTH(_scope), BOTH(_x), BOTH(_y), {"_a", get__a}, {"_b", get__b},
    {"_data", get__data, set_data}, {"_out", get__out}, {"op", get_op}, {"parents", get_parents},
    {"_name", get_name, set_name}, {"_row", get_op}, {"_parents", get_parents}, {NULL}
};

static Py_hash_t active_hash(PyObject *self) { /* as the number that it stands for; a nan hashes by identity */
    if (V->data != V->data) return PyBaseObject_Type.tp_hash(self);
    PyObject *x = PyFloat_FromDouble(V->data);
    Py_hash_t hash = x ? PyObject_Hash(x) : -1;
    Py_XDECREF(x);
    return hash;
}

static PyType_Slot cell_slots[] = {
    {Py_tp_doc, "Value(data, name=None, *, label=None)\n--\n\n"},
    {Py_tp_dealloc, cell_dealloc}, {Py_tp_new, cell_new}, {Py_tp_init, cell_init}, {Py_tp_getset, getset},
    {Py_tp_richcompare, compared},
    {Py_nb_add, m_add}, {Py_nb_subtract, m_sub}, {Py_nb_multiply, m_mul}, {Py_nb_true_divide, m_truediv},
    {Py_nb_floor_divide, m_floordiv}, {Py_nb_remainder, m_mod}, {Py_nb_power, power},
    {Py_nb_negative, m_neg}, {Py_nb_positive, m_pos}, {Py_nb_absolute, m_abs},
    {0}
};
static PyObject *get_class(PyObject *self, void *unused) { return PyObject_CallOneArg(class_of, self); }
static PyGetSetDef active_getset[] = {{"__class__", get_class}, {NULL}};
static PyType_Slot active_slots[] = {
    {Py_tp_dealloc, cell_dealloc}, {Py_tp_hash, active_hash}, {Py_tp_richcompare, compared},
    {Py_tp_getset, active_getset}, {0}
};
static PyType_Slot node_slots[] = {{0}};
#define CLASS(name, size, slots) {name, size, 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots}
static PyType_Spec value_spec = CLASS("micrograd_like.value.Value", sizeof(Cell), cell_slots);
static PyType_Spec active_spec = CLASS("micrograd_like.value.Value", sizeof(Cell), active_slots);
static PyType_Spec node_spec = CLASS("micrograd_like.graph.Node", sizeof(PyObject), node_slots);

/* ------------------------------------------------------------------------------------------------ functions of rows

   `exp`, `maximum`, …: of floats a float, of Values a Value; in every other case its twin, the function in Python, whose
   attributes it also has. */

typedef struct {
    PyObject_HEAD
    vectorcallfunc call;
    PyObject *twin, *dict, *weak_references;
    int row;
} Function;

typedef struct { PyObject *(*of_value)(PyObject *); double (*of_float)(double); } Unary;
typedef struct { PyObject *(*of_values)(PyObject *, PyObject *); double (*of_floats)(double, double); } Binary;
#define BOTH_OF(name, ...) [R_##name] = {m_##name, v_##name},
static const Unary unary_rows[PYTHON_N] = {ROWS_1(BOTH_OF)};
static const Binary binary_rows[PYTHON_N] = {ROWS_2(BOTH_OF)};

static PyObject *function_call(PyObject *self, PyObject *const *args, size_t flags, PyObject *kwnames) {
    Function *f = (Function *)self;
    Py_ssize_t n = watched || kwnames ? 0 : PyVectorcall_NARGS(flags);
    double x, out;
    if (n == 1 && f->row < R_add) {
        if (is_value(args[0])) return unary_rows[f->row].of_value(args[0]);
        if (PyFloat_CheckExact(args[0])) {
            out = unary_rows[f->row].of_float(PyFloat_AS_DOUBLE(args[0]));
            if (isfinite(out)) return PyFloat_FromDouble(out);
        }
    } else if (n == 2 && f->row >= R_add) {
        PyObject *l = args[0], *r = args[1];
        if (is_value(l) ? is_value(r) || real(r, &x) : is_value(r) && real(l, &x)) return binary_rows[f->row].of_values(l, r);
        if (PyFloat_CheckExact(l) && PyFloat_CheckExact(r)) {
            out = binary_rows[f->row].of_floats(PyFloat_AS_DOUBLE(l), PyFloat_AS_DOUBLE(r));
            if (isfinite(out)) return PyFloat_FromDouble(out);
        }
    }
    return PyObject_Vectorcall(f->twin, args, flags, kwnames);
}

static PyObject *function_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    PyObject *name, *twin;
    if (!PyArg_ParseTuple(args, "UO", &name, &twin)) return NULL;
    for (int row = 1; row < PYTHON_N; row++)
        if (PyUnicode_CompareWithASCIIString(name, names[row]) == 0) {
            Function *f = (Function *)type->tp_alloc(type, 0);
            if (f) f->call = function_call, f->row = row, f->twin = Py_NewRef(twin);
            return (PyObject *)f;
        }
    return Py_NewRef(twin);
}
static void function_dealloc(PyObject *self) {
    Function *f = (Function *)self;
    PyTypeObject *type = Py_TYPE(self);
    if (f->weak_references) PyObject_ClearWeakRefs(self);
    Py_XDECREF(f->twin);
    Py_XDECREF(f->dict);
    type->tp_free(self);
    Py_DECREF(type);
}
static PyObject *function_getattr(PyObject *self, PyObject *name) {
    int is_own = PyUnicode_CompareWithASCIIString(name, "__module__") && PyUnicode_CompareWithASCIIString(name, "__doc__");
    PyObject *own = is_own ? PyObject_GenericGetAttr(self, name) : NULL;
    if (own || (is_own && !PyErr_ExceptionMatches(PyExc_AttributeError))) return own;
    PyErr_Clear();
    return PyObject_GetAttr(((Function *)self)->twin, name);
}
static PyObject *function_get(PyObject *self, PyObject *owner, PyObject *type) {
    return !owner || owner == Py_None ? Py_NewRef(self) : PyMethod_New(self, owner);
}
static PyObject *function_repr(PyObject *self) { return PyObject_Repr(((Function *)self)->twin); }
static PyObject *function_reduce(PyObject *self, PyObject *unused) {
    return PyObject_GetAttrString(((Function *)self)->twin, "__qualname__");
}
static PyObject *get_wrapped(PyObject *self, void *unused) { return Py_NewRef(((Function *)self)->twin); }
static PyGetSetDef function_getset[] = {
    {"__wrapped__", get_wrapped}, {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict}, {NULL}
};
static PyMethodDef function_methods[] = {{"__reduce__", function_reduce, METH_NOARGS}, {NULL}};
static PyMemberDef function_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Function, call), READONLY},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Function, weak_references), READONLY},
    {"__dictoffset__", T_PYSSIZET, offsetof(Function, dict), READONLY}, {NULL}
};
static PyType_Slot function_slots[] = {
    {Py_tp_new, function_new}, {Py_tp_dealloc, function_dealloc}, {Py_tp_call, PyVectorcall_Call},
    {Py_tp_getattro, function_getattr}, {Py_tp_descr_get, function_get}, {Py_tp_repr, function_repr},
    {Py_tp_getset, function_getset}, {Py_tp_methods, function_methods}, {Py_tp_members, function_members}, {0}
};
static PyType_Spec function_spec = {
    "micrograd_like.core._cell.Function", sizeof(Function), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR, function_slots
};

/* ------------------------------------------------------------------------------------------------ recording

   What goes on while `jit` records a function is in tape.h; the walks over the graphs of Values and of Symbols are in
   graph.h; what runs a recorded program is in loop.h. */

#include "tape.h"
#include "graph.h"
#include "loop.h"
#include "program.h"

#include "calls.h"

/* ------------------------------------------------------------------------------------------------ the module

   What the Python modules call: `setup` and `register` hand over the Python functions and the rows of the table; `made`
   and `kinds_of` are the functions of these names in core/__init__.py, `as_operands` is that of methods.py, and
   `variables` is `actives` of transforms/variables.py. */

/* The place of an operation among the rows: what is not here is another one of so many inputs; -1 after an error. */
static Py_ssize_t place_of(PyObject *op) {
    PyObject *known = PyDict_GetItemWithError(row_of, op);
    if (known) return PyLong_AsSsize_t(known);
    PyObject *arity = PyErr_Occurred() ? NULL : PyObject_GetAttrString(op, "arity");
    if (!arity) return -1;
    Py_ssize_t inputs = PyLong_AsSsize_t(arity);
    Py_DECREF(arity);
    return PyErr_Occurred() ? -1 : inputs == 1 ? PYTHON_1 : inputs == 2 ? PYTHON_2 : PYTHON_N;
}

/* The place that has the operation's name, if nobody has it yet: the table is registered first. */
static Py_ssize_t claimed(PyObject *op, PyObject *name) {
    for (int row = 1; row < PYTHON_N; row++)
        if (!rows[row].op && PyUnicode_CompareWithASCIIString(name, names[row]) == 0) {
            PyObject *place = PyLong_FromLong(row);
            if (!place || PyDict_SetItem(row_of, op, place) < 0) row = -1;
            else rows[row].op = Py_NewRef(op);
            Py_XDECREF(place);
            return row;
        }
    return place_of(op);
}

/* (op, its method, its reflected method, whether they are those of an Active): whether its slots are here. */
static PyObject *register_row(PyObject *module, PyObject *args) {
    static const char *const hows[] = {"lt", "le", "eq", "ne", "gt", "ge"}; /* as Py_LT, … are numbered */
    PyObject *op, *method, *reflected;
    int in_run;
    if (!PyArg_ParseTuple(args, "OOOp", &op, &method, &reflected, &in_run)) return NULL;
    PyObject *rule = PyObject_GetAttrString(op, "rule"), *name = PyObject_GetAttrString(op, "name");
    Py_ssize_t place = -1;
    if (rule == Py_None && name) { /* a comparison */
        for (int how = 0; how < 6; how++)
            if (PyUnicode_CompareWithASCIIString(name, hows[how]) == 0) {
                set_reference(comparisons[in_run][how], Py_NewRef(method));
                place = LEAF;
            }
    } else if (rule && name && (place = claimed(op, name)) >= 0 && place < PYTHON_N) {
        set_reference(rows[place].rule, Py_NewRef(rule));
        set_reference(rows[place].method[in_run], Py_NewRef(method));
        set_reference(rows[place].reflected[in_run], Py_NewRef(reflected));
    }
    Py_XDECREF(rule);
    Py_XDECREF(name);
    return PyErr_Occurred() ? NULL : PyBool_FromLong(0 <= place && place < PYTHON_N);
}

/* (op, method, reflected): what Python does with a Symbol and an operator; whether the operator is here. */
static PyObject *set_traced(PyObject *module, PyObject *args) {
    static const int here[] = {R_add, R_sub, R_mul, R_truediv, R_floordiv, R_mod, R_pow, R_neg, R_pos, R_abs};
    PyObject *op, *method, *reflected;
    if (!PyArg_ParseTuple(args, "OOO", &op, &method, &reflected)) return NULL;
    PyObject *name = PyObject_GetAttrString(op, "name");
    Py_ssize_t place = name ? claimed(op, name) : -1;
    Py_XDECREF(name);
    if (place < 0) return NULL;
    for (size_t k = 0; k < sizeof here / sizeof *here; k++)
        if (here[k] == place) {
            set_reference(rows[place].traced, Py_NewRef(method));
            set_reference(rows[place].traced_reflected, reflected == Py_None ? NULL : Py_NewRef(reflected));
            Py_RETURN_TRUE;
        }
    Py_RETURN_FALSE;
}

static int are_parents(PyObject *o) {
    for (Py_ssize_t k = 0; PyTuple_CheckExact(o) && k < PyTuple_GET_SIZE(o); k++)
        if (!PyFloat_CheckExact(PyTuple_GET_ITEM(o, k)) && !is_cell(PyTuple_GET_ITEM(o, k))) return 0;
    return PyTuple_CheckExact(o);
}

static PyObject *made_(PyObject *module, PyObject *const *args, Py_ssize_t n) {
    if (n != 7) return PyErr_Format(PyExc_TypeError, "made() takes 7 arguments, not %zd", n);
    PyObject *op = args[1], *a = args[2], *x = args[3], *b = args[4], *y = args[5];
    PyTypeObject *kind = (PyTypeObject *)args[6];
    double out = PyFloat_AsDouble(args[0]);
    if (out == -1.0 && PyErr_Occurred()) return NULL;
    Py_ssize_t place = op == Py_None ? LEAF : place_of(op);
    if (place < 0) return NULL;
    if (!PyType_Check(kind) || !PyType_IsSubtype(kind, value_type))
        return PyErr_Format(PyExc_TypeError, "a class of Values, not %R", kind);
    if (place == PYTHON_N && !(are_parents(a) && PyTuple_CheckExact(x) && PyTuple_GET_SIZE(x) == PyTuple_GET_SIZE(a)))
        return PyErr_Format(PyExc_TypeError, "parents and numbers are tuples, not %R and %R", a, x);
    Cell *v = kind == value_type || kind == active_type ? blank(kind) : (Cell *)kind->tp_alloc(kind, 0);
    if (!v) return NULL;
    v->data = out;
    if (place >= PYTHON_N) {
        if (!extra_of(v)) { Py_DECREF(v); return NULL; }
        v->extra->op = Py_NewRef(op);
    }
    if (place == LEAF) {
        v->a = x == Py_None ? NULL : (Cell *)Py_NewRef(x);
    } else if (place == PYTHON_N) {
        v->a = (Cell *)Py_NewRef(a), v->b = (Cell *)Py_NewRef(x);
    } else {
        int binary = place == PYTHON_2 || (R_add <= place && place < PYTHON_N);
        v->x = PyFloat_AsDouble(x), v->y = binary ? PyFloat_AsDouble(y) : 0.0;
        v->a = is_cell(a) ? (Cell *)Py_NewRef(a) : NULL;
        v->b = binary ? (is_cell(b) ? (Cell *)Py_NewRef(b) : NULL) : y == Py_None ? NULL : (Cell *)Py_NewRef(y);
    }
    v->row = (uint16_t)place;
    if (PyErr_Occurred()) Py_CLEAR(v);
    return (PyObject *)v;
}

/* (numbers, names, run): the variables of a run that stand for these numbers; None if others than plain ones are there. */
static PyObject *variables(PyObject *module, PyObject *args) {
    PyObject *numbers, *names_, *run;
    if (!PyArg_ParseTuple(args, "O!OO", &PyList_Type, &numbers, &names_, &run)) return NULL;
    PyObject *list = PyList_New(PyList_GET_SIZE(numbers));
    for (Py_ssize_t k = 0; list && k < PyList_GET_SIZE(list); k++) {
        PyObject *x = PyList_GET_ITEM(numbers, k);
        if (!PyFloat_CheckExact(x) && !PyLong_CheckExact(x)) { Py_DECREF(list); Py_RETURN_NONE; }
        Cell *v = blank(active_type);
        if (!v) { Py_CLEAR(list); break; }
        v->data = PyFloat_AsDouble(x), v->x = (double)k;
        v->a = (Cell *)Py_NewRef(run), v->b = (Cell *)Py_NewRef(names_);
        PyList_SET_ITEM(list, k, (PyObject *)v);
        if (v->data == -1.0 && PyErr_Occurred()) Py_CLEAR(list);
    }
    return list;
}

/* The inputs of an operation, plain numbers as floats, and the numbers of all of them. */
static PyObject *as_operands(PyObject *module, PyObject *inputs) {
    Py_ssize_t n = PyTuple_CheckExact(inputs) ? PyTuple_GET_SIZE(inputs) : 0, k = 0;
    PyObject *parents = PyTuple_New(n), *numbers = PyTuple_New(n), *answer = NULL;
    for (; parents && numbers && k < n; k++) {
        PyObject *o = PyTuple_GET_ITEM(inputs, k), *x = NULL;
        double y;
        if (PyFloat_CheckExact(o)) x = Py_NewRef(o);
        else if (is_cell(o) || real(o, &y)) x = PyFloat_FromDouble(is_cell(o) ? ((Cell *)o)->data : y);
        if (!x) break;
        PyTuple_SET_ITEM(numbers, k, x);
        PyTuple_SET_ITEM(parents, k, Py_NewRef(is_cell(o) ? o : x));
    }
    if (n && k == n) answer = PyTuple_Pack(2, parents, numbers);
    Py_XDECREF(parents), Py_XDECREF(numbers);
    return answer || PyErr_Occurred() ? answer : PyObject_CallOneArg(operands_in_python, inputs);
}

/* The types of some objects, most of which are alike. */
static PyObject *kinds_of(PyObject *module, PyObject *objects) {
    PyObject *list = PySequence_Fast(objects, "not iterable"), *kinds = list ? PySet_New(NULL) : NULL;
    PyTypeObject *last = NULL;
    for (Py_ssize_t k = 0; kinds && k < PySequence_Fast_GET_SIZE(list); k++) {
        PyTypeObject *kind = Py_TYPE(PySequence_Fast_GET_ITEM(list, k));
        if (kind != last && PySet_Add(kinds, (PyObject *)kind) < 0) Py_CLEAR(kinds);
        last = kind;
    }
    Py_XDECREF(list);
    return kinds;
}

static PyObject *setup(PyObject *module, PyObject *args) {
    PyObject **const places[] = {
        &number, &read_data, &shares_of, &refuse, &limits, &operands_in_python, &class_of, &nothing, &thread,
        &runs, &look
    };
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(args) && k < 11; k++)
        set_reference(*places[k], Py_NewRef(PyTuple_GET_ITEM(args, k)));
    Py_RETURN_NONE;
}

static PyObject *watch(PyObject *module, PyObject *on) {
    watched += on == Py_True ? 1 : -1;
    Py_RETURN_NONE;
}

static PyObject *count_anew(PyObject *module, PyObject *unused) {
    asked = passed_over = 0;
    set_reference(asked_by, NULL);
    Py_RETURN_NONE;
}

/* All Values of no class of the user's own, as gc.get_objects() finds other objects. */
static PyObject *living(PyObject *module, PyObject *unused) {
    PyObject *list = PyList_New(0);
#if SLAB
    for (Slab *s = current; list && s; s = s->next == current ? NULL : s->next)
        for (char *p = FIRST(s); list && p < s->fresh; p += sizeof(Cell))
            if (is_value(p) && Py_REFCNT((PyObject *)p) && PyList_Append(list, (PyObject *)p) < 0) Py_CLEAR(list);
#endif
    return list;
}

static PyObject *memory(PyObject *module, PyObject *unused) { /* bytes in slabs, and of those in empty ones */
    return Py_BuildValue("nn", slab_count * SLAB, empty_count * SLAB);
}

static double py_hypot(double x, double y) {
    PyObject *answer = PyObject_CallFunction(math_hypot, "dd", x, y);
    if (!answer) { PyErr_Clear(); return NAN; }
    double out = PyFloat_AsDouble(answer);
    Py_DECREF(answer);
    return out;
}

static PyMethodDef methods[] = {
    {"set_tracing", set_tracing, METH_VARARGS}, {"set_traced", set_traced, METH_VARARGS},
    {"record_traced", (PyCFunction)(void (*)(void))record_traced, METH_FASTCALL},
    {"loop_of", loop_of, METH_VARARGS},
    {"first_steps", first_steps, METH_VARARGS},
    {"further_steps", further_steps, METH_VARARGS},
    {"known_steps", known_steps, METH_VARARGS},
    {"reached_by", reached_by, METH_VARARGS}, {"made_from", made_from, METH_O}, {"stands_alone", stands_alone, METH_O},
    {"topological_order", (PyCFunction)(void (*)(void))topological_order, METH_VARARGS | METH_KEYWORDS},
    {"reverse_sweep", reverse_sweep, METH_VARARGS}, {"set_closure", set_closure, METH_VARARGS},
    {"setup", setup, METH_VARARGS}, {"register", register_row, METH_VARARGS}, {"watch", watch, METH_O},
    {"count_anew", count_anew, METH_NOARGS},
    {"made", (PyCFunction)(void (*)(void))made_, METH_FASTCALL}, {"as_operands", as_operands, METH_O},
    {"kinds_of", kinds_of, METH_O},
    {"variables", variables, METH_VARARGS}, {"idle", idle, METH_VARARGS}, {"leaves_of", leaves_of, METH_O},
    {"sweep", sweep, METH_O}, {"slopes", slopes, METH_VARARGS},
    {"memory", memory, METH_NOARGS}, {"living", living, METH_NOARGS}, {NULL}
};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_cell", NULL, -1, methods};

PyMODINIT_FUNC PyInit__cell(void) {
    PyObject *module = PyModule_Create(&definition), *math = PyImport_ImportModule("math");
    if (!module || !math) return NULL;
    math_hypot = PyObject_GetAttrString(math, "hypot");
    row_of = PyDict_New();
    PyObject *node_type = PyType_FromSpec(&node_spec), *function_type = PyType_FromSpec(&function_spec);
    value_type = node_type ? (PyTypeObject *)PyType_FromSpecWithBases(&value_spec, node_type) : NULL;
    active_type = value_type ? (PyTypeObject *)PyType_FromSpecWithBases(&active_spec, (PyObject *)value_type) : NULL;
    if (!math_hypot || !row_of || !active_type || !function_type) return NULL;
    number_type = node_type ? (PyTypeObject *)PyType_FromSpecWithBases(&number_spec, node_type) : NULL;
    tape_type = (PyTypeObject *)PyType_FromSpec(&tape_spec);
    loop_type = (PyTypeObject *)PyType_FromSpec(&loop_spec);
    if (!number_type || !tape_type || !loop_type) return NULL;
    value_type->tp_vectorcall = leaf_from_type;
    value_type->tp_name = active_type->tp_name = "Value"; /* as Python's own errors call it */
    if (PyModule_AddObjectRef(module, "Node", node_type) < 0 ||
        PyModule_AddObjectRef(module, "Value", (PyObject *)value_type) < 0 ||
        PyModule_AddObjectRef(module, "Active", (PyObject *)active_type) < 0 ||
        PyModule_AddObjectRef(module, "Function", function_type) < 0 ||
        PyModule_AddObjectRef(module, "Number", (PyObject *)number_type) < 0 ||
        PyModule_AddObjectRef(module, "Tape", (PyObject *)tape_type) < 0 ||
        PyModule_AddIntConstant(module, "ROWS", PYTHON_N) < 0 ||
        add_calls(module) < 0 ||
        PyModule_AddIntConstant(module, "OPS_CRC", OPS_CRC) < 0) return NULL;
    return module;
}
