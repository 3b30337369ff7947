/* The compiled core: what a Value is, the arithmetic of exact numbers, and the backward pass.

   It knows the regular case only: Values, floats and small ints in, a finite number out. Everything else (other kinds
   of numbers, errors, inf and nan, rows of any number of inputs, a user's own rows, a run that is watched) it hands to
   the same Python functions that do all of the work where this file has not been compiled. So there is one semantics,
   in value.py, and what stands here may be slower or faster but not different.

   What a row of the table computes is in rows.h, which is written from ops.py.

   A Cell is not tracked by the cyclic garbage collector: its parents are older than itself, and are never exchanged, so
   that no cycle can be made of Cells. Long chains are freed by a loop. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <structmember.h>

#define allocated_by(type) (type)->tp_alloc((type), 0)
#define freed_by(type, o) (type)->tp_free(o)
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

/* ------------------------------------------------------------------------------------------------ what a Cell is */

typedef struct Cell Cell;

typedef struct { /* what few of them have */
    PyObject *name, *scope, *op;
    double out; /* what the operation made, where `data` was written since */
} Extra;

struct Cell {
    PyObject_HEAD
    double data;
    union {
        double grad;
        Cell *next; /* of those that are being freed */
    };
    double x, y;    /* the numbers that the operation met */
    Cell *a, *b;    /* its parents, NULL for a plain number; of an operation of any number of inputs both are tuples.
                       `a` of a leaf, and `b` of an operation of one input, is the run that it belongs to, or NULL;
                       `b` of a variable of a run has the names of all of them, and `x` is its place there */
    Extra *extra;
    uint32_t waiting; /* in a backward pass: how many children have not handed down their share; otherwise 0 */
    uint16_t row;     /* the operation; 0: a leaf */
    uint8_t flags;
};

enum {
    NOTHING = 1, /* has arrived in `grad` */
    WRITTEN = 2, /* `data` was, since, and `extra` has `out` */
    NO_GRAD = 4, /* somebody has set `grad` to None */
    MINE = 64,   /* in a walk: a variable of the run */
    SEEN = 128   /* in a walk */
};

enum { /* the rows of the table that are in rows.h */
    LEAF,
#define X(name, ...) R_##name,
    ROWS_1(X) ROWS_2(X)
#undef X
    OTHERS, OTHER_1, OTHER_2 /* what is Python's: of any number of inputs, of one, of two; `extra` has the operation */
};

typedef struct {
    PyObject *op, *method[2], *reflected[2]; /* the row, and its methods in Python: of a Value, and of one in a run */
} Row;

static const char *const names[] = {"",
#define X(name, ...) #name,
    ROWS_1(X) ROWS_2(X)
#undef X
};

static Row rows[OTHERS];
static PyObject *row_of; /* a dict: of each operation that is here, its place among the rows */
static PyTypeObject *value_type, *active_type; /* an Active is a Value inside a run of a transform */
static PyObject *number, *read_data, *shares_of, *limits, *met_in_python, *class_of, *nothing, *thread, *math_hypot;
static PyObject *comparisons[2][6];
static int watched; /* whether somebody looks on with sys.setprofile, who sees Python functions only */

#define is_active(o) Py_IS_TYPE((PyObject *)(o), active_type)
#define is_value(o) (Py_IS_TYPE((PyObject *)(o), value_type) || is_active(o))
#define is_cell(o) (is_value(o) || PyObject_TypeCheck((PyObject *)(o), value_type))
#define OUT(v) ((v)->flags & WRITTEN ? (v)->extra->out : (v)->data)
#define ARITY(v) ((v)->row < OTHERS ? ((v)->row < R_add ? 1 : 2) : (v)->row - OTHERS)
#define OP(v) ((v)->row < OTHERS ? rows[(v)->row].op : (v)->extra->op)

/* ------------------------------------------------------------------------------------------------ memory

   Cells lie one after the other in slabs, so that a graph is walked backwards through memory: what comes next can be
   fetched ahead. Some empty slabs are kept, because the operating system takes longer to hand out a page than we take to
   fill it. */

#ifndef SLAB
#define SLAB (2 * 1024 * 1024) /* a large page */
#endif
#ifndef KEPT
#define KEPT 4 /* empty slabs: 8 MB */
#endif
#define AHEAD 2560 /* bytes: 32 cells */

#if defined(__GNUC__) || defined(__clang__)
#define fetch(p) (__builtin_prefetch((p), 1), __builtin_prefetch((char *)(p) + 64, 1))
#else
#define fetch(p) ((void)0)
#endif

#if SLAB && !defined(Py_GIL_DISABLED)
typedef struct Slab {
    struct Slab *older, *younger; /* among all of them */
    struct Slab *next, *before;   /* among those with free cells, or the empty ones */
    Cell *freed;
    char *fresh;
    Py_ssize_t live;
} Slab;

#ifdef _MSC_VER
#include <malloc.h>
#define slab_malloc() _aligned_malloc(SLAB, SLAB)
#define slab_free _aligned_free
#else /* malloc would keep what is freed */
#include <sys/mman.h>
static void *slab_malloc(void) {
    char *p = mmap(NULL, 2 * SLAB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) return NULL;
    char *slab = (char *)(((uintptr_t)p + SLAB - 1) & ~(uintptr_t)(SLAB - 1));
    if (slab > p) munmap(p, slab - p);
    munmap(slab + SLAB, p + SLAB - slab);
#ifdef MADV_HUGEPAGE
    madvise(slab, SLAB, MADV_HUGEPAGE);
#endif
    return slab;
}
#define slab_free(slab) munmap(slab, SLAB)
#endif

static Slab *current, *partial, *empty, *youngest;
static Py_ssize_t empty_count, slab_count;
#define FIRST(s) ((char *)(s) + sizeof(Slab))
#define HAS_FRESH(s) ((s)->fresh + sizeof(Cell) <= (char *)(s) + SLAB)

static Py_NO_INLINE int next_slab(void) {
    Slab *s = partial;
    if (s) {
        if ((partial = s->next)) partial->before = NULL;
    } else if ((s = empty)) {
        empty = s->next;
        empty_count--;
    } else {
        s = slab_malloc();
        if (!s) { PyErr_NoMemory(); return 0; }
        slab_count++;
        s->older = youngest, s->younger = NULL, youngest = s;
        if (s->older) s->older->younger = s;
        s->freed = NULL, s->fresh = FIRST(s), s->live = 0;
    }
    s->next = s->before = NULL;
    current = s;
    return 1;
}

static inline Cell *allocated(void) {
    for (;;) {
        Slab *s = current;
        if (s) {
            Cell *v = s->freed;
            if (v) { s->freed = v->a; s->live++; return v; }
            if (HAS_FRESH(s)) {
                v = (Cell *)s->fresh, s->fresh += sizeof(Cell), s->live++;
                fetch((char *)v + AHEAD);
                return v;
            }
        }
        if (!next_slab()) return NULL;
    }
}

static Py_NO_INLINE void emptied(Slab *s) {
    s->freed = NULL, s->fresh = FIRST(s);
    if (s == current) return;
    if (s->before) s->before->next = s->next; else if (partial == s) partial = s->next;
    if (s->next) s->next->before = s->before;
    if (empty_count >= KEPT) {
        if (s->older) s->older->younger = s->younger;
        if (s->younger) s->younger->older = s->older; else youngest = s->older;
        slab_free(s);
        slab_count--;
        return;
    }
    s->next = empty, s->before = NULL, empty = s, empty_count++;
}

static inline void freed(Cell *v) {
    Slab *s = (Slab *)((uintptr_t)v & ~(uintptr_t)(SLAB - 1));
    if (s != current && !s->freed && !HAS_FRESH(s)) { /* it was full */
        s->next = partial, s->before = NULL;
        if (partial) partial->before = s;
        partial = s;
    }
    Py_SET_TYPE((PyObject *)v, NULL);
    v->a = s->freed, s->freed = v;
    if (--s->live == 0) emptied(s);
}
#else
static Py_ssize_t empty_count, slab_count;
static inline Cell *allocated(void) { return PyObject_Malloc(sizeof(Cell)); }
static inline void freed(Cell *v) { PyObject_Free(v); }
#endif

/* A new one of exactly the type Value or Active; the parents are not yet counted. */
static inline Cell *blank(PyTypeObject *type) {
    Cell *v = allocated();
    if (!v) return NULL;
    Py_SET_TYPE((PyObject *)v, type);
    Py_INCREF(type);
    Py_SET_REFCNT((PyObject *)v, 1);
    v->grad = 0.0, v->extra = NULL, v->waiting = 0, v->flags = 0;
    return v;
}

static inline PyObject *made(PyTypeObject *type, double out, int row, Cell *a, double x, Cell *b, double y) {
    Cell *v = blank(type);
    if (!v) return NULL;
    v->data = out, v->row = (uint16_t)row, v->x = x, v->y = y;
    Py_XINCREF(a), v->a = a;
    Py_XINCREF(b), v->b = b;
    return (PyObject *)v;
}

static Extra *extra_of(Cell *v) {
    if (!v->extra && !(v->extra = PyMem_Calloc(1, sizeof(Extra)))) PyErr_NoMemory();
    return v->extra;
}

static void cell_dealloc(PyObject *self) {
    Cell *dead = (Cell *)self;
    dead->next = NULL;
    while (dead) {
        Cell *v = dead, *parents[2] = {v->a, v->b};
        dead = v->next;
        fetch((char *)v - AHEAD);
        for (int k = 0; k < 2; k++) {
            Cell *p = parents[k];
            if (!p) continue;
            if (is_value(p) && Py_REFCNT((PyObject *)p) == 1) {
                p->next = dead, dead = p;
            } else {
                Py_DECREF((PyObject *)p);
            }
        }
        if (v->extra) {
            Py_XDECREF(v->extra->name);
            Py_XDECREF(v->extra->scope);
            Py_XDECREF(v->extra->op);
            PyMem_Free(v->extra);
        }
        PyTypeObject *type = Py_TYPE((PyObject *)v);
        if (type == value_type || type == active_type) freed(v); else freed_by(type, v);
        Py_DECREF(type);
    }
}

/* ------------------------------------------------------------------------------------------------ operations */

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
    static PyTypeObject *known; /* the one met last: mostly numpy.float64 */
    if (plain(o, x)) return 1;
    if (PyBool_Check(o)) {
        *x = o == Py_True;
        return 1;
    }
    PyTypeObject *kind = Py_TYPE(o);
    if (kind != known) {
        static const char *const names_[] = {"float", "int", "uint", "bool", "longdouble"};
        if (PyType_HasFeature(kind, Py_TPFLAGS_HEAPTYPE) || strncmp(kind->tp_name, "numpy.", 6)) return 0;
        size_t k = 0, n = sizeof names_ / sizeof *names_;
        while (k < n && strncmp(kind->tp_name + 6, names_[k], strlen(names_[k]))) k++;
        if (k == n) return 0;
        known = kind;
    }
    if (PyFloat_Check(o)) {
        *x = PyFloat_AS_DOUBLE(o);
        return 1;
    }
    PyObject *number_ = PyNumber_Float(o);
    if (!number_) { PyErr_Clear(); return 0; }
    *x = PyFloat_AsDouble(number_);
    Py_DECREF(number_);
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

#define X(name, raises, ...) static PyObject *m_##name(PyObject *o) { return unary(o, R_##name, v_##name, raises); }
ROWS_1(X)
#undef X
#define X(name, raises, ...) \
    static PyObject *m_##name(PyObject *l, PyObject *r) { return binary(l, r, R_##name, R_##name, v_##name, raises); }
ROWS_2(X)
#undef X

static PyObject *power(PyObject *l, PyObject *r, PyObject *modulus) {
    if (modulus != Py_None) Py_RETURN_NOTIMPLEMENTED;
    return binary(l, r, R_pow, R_pow_const, v_pow, 1);
}

static PyObject *compared(PyObject *l, PyObject *r, int how) {
    double x, y;
    if (watched || !is_value(l) || (is_active(l) && (how == Py_EQ || how == Py_NE))) goto slow; /* which is noted */
    x = ((Cell *)l)->data;
    if (is_value(r)) y = ((Cell *)r)->data;
    else if (!plain(r, &y)) goto slow;
    Py_RETURN_RICHCOMPARE(x, y, how);
slow:
    return PyObject_CallFunctionObjArgs(comparisons[is_active(l)][how], l, r, NULL);
}

/* ------------------------------------------------------------------------------------------------ backward */

typedef struct { Cell **cells; Py_ssize_t count, space; } Stack;

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
    if (p->waiting++) return 1;
    p->flags &= ~NO_GRAD;
    p->grad = -0.0, p->flags |= NOTHING;
    return push(s, p);
}

/* Let every inner Cell know how many children will report to it. */
static int count_children(Stack *s, Cell *output) {
    if (!push(s, output)) return 0;
    while (s->count) {
        Cell *v = s->cells[--s->count];
        fetch((char *)v - AHEAD);
        int arity = ARITY(v);
        if (arity) {
            if (!counted(s, v->a) || (arity == 2 && !counted(s, v->b))) return 0;
        } else {
            PyObject *parents = (PyObject *)v->a;
            for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(parents); k++) {
                PyObject *p = PyTuple_GET_ITEM(parents, k);
                if (!PyFloat_CheckExact(p) && !counted(s, (Cell *)p)) return 0;
            }
        }
    }
    return 1;
}

static inline int handed(Stack *s, Cell *p) {
    return !p->waiting || --p->waiting || push(s, p);
}

static inline int share(Stack *s, Cell *p, double g) {
    p->grad += g, p->flags &= ~NOTHING;
    return handed(s, p);
}

/* What a Python rule answered: the shares of the first two parents; NULL if it raised what the slow path knows. */
static PyObject *asked(Cell *v, int arity, double g) {
    PyObject *rule = PyObject_GetAttrString(OP(v), "rule"), *answer = NULL;
    if (!rule) return NULL;
    PyObject *parts[5] = {NULL, PyFloat_FromDouble(v->x)};
    int n = 2;
    if (arity == 2) parts[n++] = PyFloat_FromDouble(v->y);
    parts[n++] = PyFloat_FromDouble(OUT(v)), parts[n++] = PyFloat_FromDouble(g);
    int complete = 1;
    for (int k = 1; k < n; k++) complete &= parts[k] != NULL;
    if (complete) answer = PyObject_Vectorcall(rule, parts + 1, n - 1, NULL);
    for (int k = 1; k < n; k++) Py_XDECREF(parts[k]);
    Py_DECREF(rule);
    return answer;
}

/* What the rule of a row of any number of inputs answers: the shares, in a tuple. */
static PyObject *shares_of_many(Cell *v, double g) {
    PyObject *op = OP(v), *xs = (PyObject *)v->b, *out = PyFloat_FromDouble(OUT(v)), *arrived = PyFloat_FromDouble(g);
    PyObject *rule = PyObject_GetAttrString(op, "rule"), *arity = PyObject_GetAttrString(op, "arity"), *answer = NULL;
    if (out && arrived && rule && arity) {
        int one_by_one = PyObject_IsTrue(arity); /* as of three inputs */
        PyObject *inputs = one_by_one ? Py_NewRef(xs) : PyTuple_Pack(1, xs), *rest = PyTuple_Pack(2, out, arrived);
        PyObject *all = inputs && rest ? PySequence_Concat(inputs, rest) : NULL;
        PyObject *found = all ? PyObject_Call(rule, all, NULL) : NULL;
        answer = found ? PySequence_Tuple(found) : NULL;
        Py_XDECREF(inputs), Py_XDECREF(rest), Py_XDECREF(all), Py_XDECREF(found);
        if (!answer && (PyErr_ExceptionMatches(PyExc_ArithmeticError) || PyErr_ExceptionMatches(PyExc_ValueError))) {
            PyErr_Clear();
            answer = PyObject_CallFunctionObjArgs(limits, op, xs, out, arrived, NULL);
        }
    }
    Py_XDECREF(out), Py_XDECREF(arrived), Py_XDECREF(rule), Py_XDECREF(arity);
    return answer;
}

/* The slow path: what `_backward` answers, for any row. */
static int hand_down_slowly(Stack *s, Cell *v, double g) {
    Py_ssize_t arity = ARITY(v), n = arity ? arity : PyTuple_GET_SIZE(v->a);
    PyObject *shares = NULL;
    if (!(v->flags & NOTHING)) {
        if (arity && v->row >= OTHERS) {
            shares = asked(v, (int)arity, g);
            if (shares && arity == 1) {
                double ga = PyFloat_AsDouble(shares);
                Py_DECREF(shares);
                return !(ga == -1.0 && PyErr_Occurred()) && share(s, v->a, ga);
            }
            if (!shares && !PyErr_ExceptionMatches(PyExc_ArithmeticError) && !PyErr_ExceptionMatches(PyExc_ValueError))
                return 0;
            PyErr_Clear();
        }
        if (!shares) shares = arity ? PyObject_CallFunction(shares_of, "Od", v, g) : shares_of_many(v, g);
        if (!shares) return 0;
        if (!PyTuple_Check(shares) || PyTuple_GET_SIZE(shares) != n) {
            PyErr_Format(PyExc_TypeError, "a rule answers for %zd inputs, not %R", n, shares);
            Py_DECREF(shares);
            return 0;
        }
    }
    int fine = 1;
    for (Py_ssize_t k = 0; fine && k < n; k++) {
        PyObject *answer = shares ? PyTuple_GET_ITEM(shares, k) : Py_None;
        Cell *p = arity ? (k ? v->b : v->a) : (Cell *)PyTuple_GET_ITEM(v->a, k);
        if (!p || PyFloat_CheckExact(p)) continue;
        if (answer == Py_None) {
            fine = handed(s, p);
        } else {
            double ga = PyFloat_AsDouble(answer);
            fine = !(ga == -1.0 && PyErr_Occurred()) && share(s, p, ga);
        }
    }
    Py_XDECREF(shares);
    return fine;
}

/* Let every Cell hand its parents their shares of its derivative, when the last of its children has reported. */
static int hand_down(Stack *s, Cell *output) {
    if (!push(s, output)) return 0;
    while (s->count) {
        Cell *v = s->cells[--s->count], *a = v->a, *b = v->b;
        fetch((char *)v - AHEAD);
        double x = v->x, y = v->y, out = OUT(v), g = v->grad, ga = 0.0, gb = 0.0;
        if (v->flags & NOTHING) goto slow;
        switch (v->row) {
#define X(name, raises_, ga_raises) \
    case R_##name: \
        ga = d0_##name(x, out, g); \
        if (ga_raises && !isfinite(ga)) goto slow; \
        break;
            ROWS_1(X)
#undef X
#define X(name, raises_, ga_raises, gb_raises) \
    case R_##name: \
        if (a) ga = d0_##name(x, y, out, g); \
        if (b) gb = d1_##name(x, y, out, g); \
        if (((ga_raises) && !isfinite(ga)) || ((gb_raises) && !isfinite(gb))) goto slow; \
        break;
            ROWS_2(X)
#undef X
        default:
            goto slow;
        }
        if (a && !share(s, a, ga)) return 0;
        if (b && v->row >= R_add && !share(s, b, gb)) return 0;
        continue;
    slow:
        if (!hand_down_slowly(s, v, g)) return 0;
    }
    return 1;
}

/* A walk that reaches each Cell once, in each of two rounds: the second takes the flags away again. */
static int seen(Stack *s, Cell *v, int round) {
    if (!!(v->flags & SEEN) != round) return 0;
    v->flags ^= SEEN, v->waiting = 0;
    int n_ary = v->row && !ARITY(v);
    Py_ssize_t n = !v->row ? 0 : n_ary ? PyTuple_GET_SIZE(v->a) : ARITY(v);
    for (Py_ssize_t k = 0; k < n; k++) {
        Cell *p = n_ary ? (Cell *)PyTuple_GET_ITEM(v->a, k) : k ? v->b : v->a;
        if (p && !PyFloat_CheckExact(p) && !!(p->flags & SEEN) == round) push(s, p);
    }
    return 1;
}

/* After an error: nobody waits any more. */
static void nobody_waits(Stack *s, Cell *output) {
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    s->count = 0;
    for (int round = 0; round < 2; round++) { /* the second takes the flags away again */
        push(s, output);
        while (s->count) seen(s, s->cells[--s->count], round);
    }
    PyErr_Restore(type, value, traceback);
}

/* The leaves that the outputs, a list of Cells, were computed from, and the variables of runs that stand in the place of a Value. */
static PyObject *leaves_of(PyObject *module, PyObject *outputs) {
    PyObject *leaves = PyList_New(0);
    Stack s = {NULL, 0, 0};
    for (int round = 0; leaves && round < 2; round++) {
        for (Py_ssize_t k = 0; k < PyList_Size(outputs); k++) {
            PyObject *o = PyList_GetItem(outputs, k);
            if (is_cell(o)) push(&s, (Cell *)o);
        }
        while (leaves && s.count) {
            Cell *v = s.cells[--s.count];
            int is_variable = !v->row || (ARITY(v) == 1 && v->b);
            if (seen(&s, v, round) && is_variable && !round && PyList_Append(leaves, (PyObject *)v) < 0) Py_CLEAR(leaves);
        }
    }
    PyMem_Free(s.cells);
    return leaves;
}

/* A parent in a walk that ends at variables: 0 if it is a leaf that is none of them, or after an error. What nobody else
   refers to is reached only once, and needs no mark. */
ALWAYS int within(Stack *next, Stack *marked, Cell *p, int others) {
    if (!p->row) {
        if (!(p->flags & MINE)) return 0;
        p->flags |= SEEN;
        return 1;
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
        PyObject *o = PyList_GET_ITEM(outputs, k);
        if (is_cell(o) && !within(next, marked, (Cell *)o, 1)) return 0;
    }
    while (next->count) {
        Cell *v = next->cells[--next->count];
        fetch((char *)v - AHEAD);
        int arity = ARITY(v);
        if (arity) {
            if (arity == 1 && v->b) return 0; /* it stands for a Value */
            if (v->a && !within(next, marked, v->a, 0)) return 0;
            if (v->b && !within(next, marked, v->b, 0)) return 0;
        } else {
            PyObject *parents = (PyObject *)v->a; /* which another Cell may have too */
            for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(parents); k++) {
                PyObject *p = PyTuple_GET_ITEM(parents, k);
                if (!PyFloat_CheckExact(p) && !within(next, marked, (Cell *)p, 1)) return 0;
            }
        }
    }
    return 1;
}

static int are_leaves(PyObject *variables) {
    for (Py_ssize_t k = 0; k < PyList_GET_SIZE(variables); k++) {
        PyObject *v = PyList_GET_ITEM(variables, k);
        if (!is_cell(v) || ((Cell *)v)->row) return 0;
    }
    return 1;
}

/* (outputs, variables): the places of the variables that no output was computed from; None if other leaves take part. */
static PyObject *idle(PyObject *module, PyObject *args) {
    PyObject *outputs, *variables;
    if (!PyArg_ParseTuple(args, "O!O!", &PyList_Type, &outputs, &PyList_Type, &variables)) return NULL;
    if (!are_leaves(variables)) Py_RETURN_NONE;
    PyObject *places = PyList_New(0);
    if (!places) return NULL;
    Py_ssize_t n = PyList_GET_SIZE(variables);
    Stack next = {NULL, 0, 0}, marked = {NULL, 0, 0};
    for (Py_ssize_t k = 0; k < n; k++) ((Cell *)PyList_GET_ITEM(variables, k))->flags |= MINE;
    if (!all_within(&next, &marked, outputs)) Py_CLEAR(places);
    for (Py_ssize_t k = 0; k < n; k++) {
        Cell *v = (Cell *)PyList_GET_ITEM(variables, k);
        int reached = v->flags & SEEN;
        v->flags &= ~(MINE | SEEN);
        if (reached || !places) continue;
        PyObject *place = PyLong_FromSsize_t(k);
        if (!place || PyList_Append(places, place) < 0) Py_CLEAR(places);
        Py_XDECREF(place);
    }
    while (marked.count) marked.cells[--marked.count]->flags &= ~SEEN;
    PyMem_Free(next.cells);
    PyMem_Free(marked.cells);
    if (places || PyErr_Occurred()) return places;
    Py_RETURN_NONE;
}

static int swept(Cell *output) {
    Stack s = {NULL, 0, 0};
    int fine = count_children(&s, output);
    output->grad = 1.0, output->flags &= ~(NOTHING | NO_GRAD);
    fine = fine && hand_down(&s, output);
    if (!fine) nobody_waits(&s, output);
    PyMem_Free(s.cells);
    return fine;
}

static PyObject *sweep(PyObject *module, PyObject *o) {
    if (!is_cell(o) || !((Cell *)o)->row) return PyErr_Format(PyExc_TypeError, "not the result of an operation: %R", o);
    if (!swept((Cell *)o)) return NULL;
    Py_RETURN_NONE;
}

/* (output, variables): its derivatives by them; 0 where nothing arrives. */
static PyObject *slopes(PyObject *module, PyObject *args) {
    PyObject *output, *variables;
    if (!PyArg_ParseTuple(args, "OO!", &output, &PyList_Type, &variables)) return NULL;
    if (!are_leaves(variables)) return PyErr_Format(PyExc_TypeError, "variables are leaves");
    Py_ssize_t n = PyList_GET_SIZE(variables);
    for (Py_ssize_t k = 0; k < n; k++) {
        Cell *v = (Cell *)PyList_GET_ITEM(variables, k);
        v->grad = -0.0, v->flags = (uint8_t)((v->flags | NOTHING) & ~NO_GRAD);
    }
    if (is_cell(output)) {
        Cell *y = (Cell *)output;
        if (y->row ? !swept(y) : 0) return NULL;
        if (!y->row) y->grad += 1.0, y->flags &= ~(NOTHING | NO_GRAD);
    }
    PyObject *list = PyList_New(n);
    for (Py_ssize_t k = 0; list && k < n; k++) {
        Cell *v = (Cell *)PyList_GET_ITEM(variables, k);
        PyObject *x = PyFloat_FromDouble(v->flags & (NOTHING | NO_GRAD) ? 0.0 : v->grad);
        if (x) PyList_SET_ITEM(list, k, x); else Py_CLEAR(list);
    }
    return list;
}

/* ------------------------------------------------------------------------------------------------ as Python sees it */

static int number_from(PyObject *o, double *x) {
    if (real(o, x)) return 1;
    PyObject *answer = PyObject_CallOneArg(number, o);
    if (!answer) return 0;
    *x = PyFloat_AsDouble(answer);
    Py_DECREF(answer);
    return 1;
}

static int rename_cell(Cell *v, PyObject *name) {
    if (!v->row) Py_CLEAR(v->b);
    if ((!name || name == Py_None) && !v->extra) return 1;
    if (!extra_of(v)) return 0;
    set_reference(v->extra->name, name && name != Py_None ? Py_NewRef(name) : NULL);
    return 1;
}

static int leaf(Cell *v, PyObject *data, PyObject *name) {
    if (name && name != Py_None && !PyUnicode_Check(name)) {
        PyErr_Format(PyExc_TypeError, "the name of a Value is a str, not %R", name);
        return 0;
    }
    if (!number_from(data, &v->data)) return 0;
    PyObject *run = PyObject_GetAttrString(thread, "run");
    if (!run) return 0;
    if (run == Py_None) Py_CLEAR(run);
    set_reference(v->a, (Cell *)run);
    return rename_cell(v, name);
}

static PyObject *leaf_from_type(PyObject *type, PyObject *const *args, size_t flags, PyObject *kwnames) {
    Py_ssize_t n = PyVectorcall_NARGS(flags), named = kwnames ? PyTuple_GET_SIZE(kwnames) : 0;
    PyObject *data = n > 0 ? args[0] : NULL, *name = n > 1 ? args[1] : NULL;
    for (Py_ssize_t k = 0; k < named; k++) {
        PyObject *word = PyTuple_GET_ITEM(kwnames, k), **place = NULL;
        if (PyUnicode_CompareWithASCIIString(word, "data") == 0) place = &data;
        else if (PyUnicode_CompareWithASCIIString(word, "name") == 0) place = &name;
        else if (PyUnicode_CompareWithASCIIString(word, "label") == 0) place = &name;
        if (!place || *place) return PyErr_Format(PyExc_TypeError, "Value() got an unexpected argument %R", word);
        *place = args[n + k];
    }
    if (!data || n > 2) return PyErr_Format(PyExc_TypeError, "Value() takes data and name, not %zd arguments", n + named);
    Cell *v = blank((PyTypeObject *)type);
    if (!v) return NULL;
    v->a = v->b = NULL, v->x = v->y = 0.0, v->row = LEAF;
    if (leaf(v, data, name)) return (PyObject *)v;
    Py_DECREF(v);
    return NULL;
}

static PyObject *cell_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    if (type != value_type && type != active_type) return PyType_GenericNew(type, args, kwargs);
    Cell *v = blank(type);
    if (v) v->a = v->b = NULL, v->x = v->y = v->data = 0.0, v->row = LEAF;
    return (PyObject *)v;
}

static int cell_init(PyObject *self, PyObject *args, PyObject *kwargs) {
    static char *words[] = {"data", "name", "label", NULL};
    PyObject *data, *name = Py_None, *label = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|O$O:Value", words, &data, &name, &label)) return -1;
    if (name == Py_None) name = label;
    Cell *v = (Cell *)self;
    v->row = LEAF, v->grad = 0.0, v->flags = 0;
    Py_CLEAR(v->a);
    Py_CLEAR(v->b);
    return leaf(v, data, name) ? 0 : -1;
}

#define GETTER(field) static PyObject *get_##field(PyObject *self, void *closure)
#define SETTER(field) static int set_##field(PyObject *self, PyObject *value, void *closure)
#define V ((Cell *)self)
#define GIVEN(value) if (!value) { PyErr_SetString(PyExc_AttributeError, "it cannot be deleted"); return -1; }

static int write_data(Cell *v, double x) {
    if (!(v->flags & WRITTEN) && memcmp(&x, &v->data, sizeof x)) {
        if (!extra_of(v)) return -1;
        v->extra->out = v->data, v->flags |= WRITTEN;
    }
    v->data = x;
    return 0;
}
GETTER(data) {
    return watched ? PyObject_CallOneArg(read_data, self) : PyFloat_FromDouble(V->data);
}
SETTER(data) {
    double x;
    GIVEN(value)
    return number_from(value, &x) ? write_data(V, x) : -1;
}
GETTER(_data) { return PyFloat_FromDouble(V->data); }
GETTER(_out) { return PyFloat_FromDouble(OUT(V)); }
GETTER(grad) {
    if (V->flags & NO_GRAD) Py_RETURN_NONE;
    return V->flags & NOTHING ? Py_NewRef(nothing) : PyFloat_FromDouble(V->grad);
}
SETTER(grad) {
    GIVEN(value)
    V->flags &= ~(NO_GRAD | NOTHING);
    if (value == Py_None) {
        V->grad = 0.0, V->flags |= NO_GRAD;
        return 0;
    }
    double x = PyFloat_AsDouble(value);
    if (x == -1.0 && PyErr_Occurred()) return -1;
    V->grad = x;
    if (value == nothing) V->flags |= NOTHING;
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
GETTER(_x) {
    if (!V->row) return Py_NewRef(V->a ? (PyObject *)V->a : Py_None);
    return ARITY(V) ? PyFloat_FromDouble(V->x) : Py_NewRef((PyObject *)V->b);
}
GETTER(_y) {
    if (V->row && ARITY(V) == 2) return PyFloat_FromDouble(V->y);
    return Py_NewRef(V->row && ARITY(V) == 1 && V->b ? (PyObject *)V->b : Py_None);
}
/* A parent, or a tuple of them, as it is kept: NULL for a plain number. Only copies, which are young, get other ones. */
static int set_parent(Cell **place, PyObject *p) {
    GIVEN(p)
    if (!is_cell(p) && !PyTuple_CheckExact(p)) p = NULL;
    set_reference(*place, (Cell *)Py_XNewRef(p));
    return 0;
}
SETTER(_a) { return V->row ? set_parent(&V->a, value) : 0; }
SETTER(_b) { return V->row && ARITY(V) == 2 ? set_parent(&V->b, value) : 0; }
static int set_run(Cell **place, PyObject *run) {
    GIVEN(run)
    set_reference(*place, (Cell *)(run == Py_None ? NULL : Py_NewRef(run)));
    return 0;
}
SETTER(_x) { /* of a leaf */
    if (!V->row) return set_run(&V->a, value);
    PyErr_SetString(PyExc_AttributeError, "the numbers that an operation met stay");
    return -1;
}
SETTER(_y) { /* of a variable that stands for a Value */
    if (V->row && ARITY(V) == 1) return set_run(&V->b, value);
    PyErr_SetString(PyExc_AttributeError, "the numbers that an operation met stay");
    return -1;
}
GETTER(parents) {
    Py_ssize_t arity = V->row ? ARITY(V) : -1;
    if (arity == 0) return Py_NewRef((PyObject *)V->a);
    PyObject *first = arity > 0 ? parent(V->a, V->x) : NULL, *second = arity == 2 ? parent(V->b, V->y) : NULL;
    PyObject *tuple = PyTuple_New(arity < 0 ? 0 : arity);
    if (tuple && first) PyTuple_SET_ITEM(tuple, 0, first);
    if (tuple && second) PyTuple_SET_ITEM(tuple, 1, second);
    return tuple;
}
#define BOTH(field) {#field, get_##field, set_##field}
static PyGetSetDef getset[] = {
    BOTH(data), BOTH(grad), BOTH(name), BOTH(_scope), BOTH(_a), BOTH(_b), BOTH(_x), BOTH(_y),
    {"_data", get__data, set_data}, {"_out", get__out}, {"op", get_op}, {"parents", get_parents},
    {"_name", get_name, set_name}, {"_row", get_op}, {"_parents", get_parents}, {NULL}
};

static Py_hash_t active_hash(PyObject *self) { /* as the number that it stands for */
    PyObject *x = PyFloat_FromDouble(V->data);
    Py_hash_t hash = x ? PyObject_Hash(x) : -1;
    Py_XDECREF(x);
    return hash;
}

static PyType_Slot cell_slots[] = {
    {Py_tp_doc, "Value(data, name=None)\n--\n\n"},
    {Py_tp_dealloc, cell_dealloc}, {Py_tp_new, cell_new}, {Py_tp_init, cell_init}, {Py_tp_getset, getset},
    {Py_tp_richcompare, compared},
    {Py_nb_add, m_add}, {Py_nb_subtract, m_sub}, {Py_nb_multiply, m_mul}, {Py_nb_true_divide, m_truediv},
    {Py_nb_floor_divide, m_floordiv}, {Py_nb_remainder, m_mod}, {Py_nb_power, power},
    {Py_nb_negative, m_neg}, {Py_nb_positive, m_pos}, {Py_nb_absolute, m_abs},
    {0}
};
static PyType_Spec value_spec = {
    "micrograd_like.value.Value", sizeof(Cell), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, cell_slots
};
static PyObject *get_class(PyObject *self, void *unused) { return PyObject_CallOneArg(class_of, self); }
static PyGetSetDef active_getset[] = {{"__class__", get_class}, {NULL}};
static PyType_Slot active_slots[] = {
    {Py_tp_dealloc, cell_dealloc}, {Py_tp_hash, active_hash}, {Py_tp_richcompare, compared},
    {Py_tp_getset, active_getset}, {0}
};
static PyType_Spec active_spec = {
    "micrograd_like.value.Value", sizeof(Cell), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, active_slots
};
static PyType_Slot node_slots[] = {{0}};
static PyType_Spec node_spec = {
    "micrograd_like.graph.Node", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, node_slots
};

/* ------------------------------------------------------------------------------------------------ functions of rows

   `exp`, `maximum`, …: of plain numbers a number, of Values a Value; in every other case the function in Python. */

typedef struct {
    PyObject_HEAD
    vectorcallfunc call;
    PyObject *twin, *dict;
    int row;
} Function;

static PyObject *function_call(PyObject *self, PyObject *const *args, size_t flags, PyObject *kwnames) {
    Function *f = (Function *)self;
    Py_ssize_t n = PyVectorcall_NARGS(flags);
    double x, y, out;
    if (!watched && !kwnames) {
        if (n == 1) {
            PyObject *o = args[0];
            if (is_value(o)) {
                switch (f->row) {
#define X(name, ...) case R_##name: return m_##name(o);
                    ROWS_1(X)
#undef X
                }
            } else if (PyFloat_CheckExact(o)) {
                x = PyFloat_AS_DOUBLE(o);
                switch (f->row) {
#define X(name, ...) case R_##name: out = v_##name(x); break;
                    ROWS_1(X)
#undef X
                default: out = NAN;
                }
                if (isfinite(out)) return PyFloat_FromDouble(out);
            }
        } else if (n == 2) {
            if (is_value(args[0]) || is_value(args[1])) {
                if ((is_value(args[0]) || real(args[0], &x)) && (is_value(args[1]) || real(args[1], &y))) {
                    switch (f->row) {
#define X(name, ...) case R_##name: return m_##name(args[0], args[1]);
                        ROWS_2(X)
#undef X
                    }
                }
            } else if (PyFloat_CheckExact(args[0]) && PyFloat_CheckExact(args[1])) {
                x = PyFloat_AS_DOUBLE(args[0]), y = PyFloat_AS_DOUBLE(args[1]);
                switch (f->row) {
#define X(name, ...) case R_##name: out = v_##name(x, y); break;
                    ROWS_2(X)
#undef X
                default: out = NAN;
                }
                if (isfinite(out)) return PyFloat_FromDouble(out);
            }
        }
    }
    return PyObject_Vectorcall(f->twin, args, flags, kwnames);
}

static PyObject *function_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    PyObject *name, *twin;
    if (!PyArg_ParseTuple(args, "UO", &name, &twin)) return NULL;
    for (int row = 1; row < OTHERS; row++)
        if (PyUnicode_CompareWithASCIIString(name, names[row]) == 0) {
            Function *f = (Function *)allocated_by(type);
            if (!f) return NULL;
            f->call = function_call, f->row = row, f->twin = Py_NewRef(twin);
            return (PyObject *)f;
        }
    return Py_NewRef(twin);
}
static int function_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((Function *)self)->twin);
    Py_VISIT(((Function *)self)->dict);
    return 0;
}
static int function_clear(PyObject *self) {
    Py_CLEAR(((Function *)self)->twin);
    Py_CLEAR(((Function *)self)->dict);
    return 0;
}
static void function_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    function_clear(self);
    freed_by(type, self);
    Py_DECREF(type);
}
static PyObject *function_getattr(PyObject *self, PyObject *name) {
    int types = PyUnicode_CompareWithASCIIString(name, "__module__") == 0 || PyUnicode_CompareWithASCIIString(name, "__doc__") == 0;
    PyObject *own = types ? NULL : PyObject_GenericGetAttr(self, name);
    if (types) return PyObject_GetAttr(((Function *)self)->twin, name);
    if (own || !PyErr_ExceptionMatches(PyExc_AttributeError) || !((Function *)self)->twin) return own;
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
    {"__dictoffset__", T_PYSSIZET, offsetof(Function, dict), READONLY}, {NULL}
};
static PyType_Slot function_slots[] = {
    {Py_tp_new, function_new}, {Py_tp_dealloc, function_dealloc}, {Py_tp_traverse, function_traverse},
    {Py_tp_clear, function_clear}, {Py_tp_call, PyVectorcall_Call}, {Py_tp_getattro, function_getattr},
    {Py_tp_descr_get, function_get}, {Py_tp_repr, function_repr}, {Py_tp_getset, function_getset},
    {Py_tp_methods, function_methods}, {Py_tp_members, function_members}, {0}
};
static PyType_Spec function_spec = {
    "micrograd_like.core._cell.Function", sizeof(Function), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR, function_slots
};

/* ------------------------------------------------------------------------------------------------ the module */

/* The place of an operation among the rows: what is not here is another one of so many inputs; -1 after an error. */
static Py_ssize_t place_of(PyObject *op) {
    PyObject *known = PyDict_GetItemWithError(row_of, op);
    if (known) return PyLong_AsSsize_t(known);
    PyObject *arity = PyErr_Occurred() ? NULL : PyObject_GetAttrString(op, "arity");
    if (!arity) return -1;
    Py_ssize_t inputs = PyLong_AsSsize_t(arity);
    Py_DECREF(arity);
    return PyErr_Occurred() ? -1 : inputs == 1 ? OTHER_1 : inputs == 2 ? OTHER_2 : OTHERS;
}

/* The place that has the operation's name, if nobody has it yet: the table is registered first. */
static Py_ssize_t claimed(PyObject *op, PyObject *name) {
    for (int row = 1; row < OTHERS; row++)
        if (!rows[row].op && PyUnicode_CompareWithASCIIString(name, names[row]) == 0) {
            PyObject *place = PyLong_FromLong(row);
            if (!place || PyDict_SetItem(row_of, op, place) < 0) row = -1;
            else rows[row].op = Py_NewRef(op);
            Py_XDECREF(place);
            return row;
        }
    return place_of(op);
}

/* (op, its method, its reflected method, whether they are those of a Value in a run): whether its slots are here */
static PyObject *register_row(PyObject *module, PyObject *args) {
    PyObject *op, *method, *reflected;
    int in_run;
    if (!PyArg_ParseTuple(args, "OOOp", &op, &method, &reflected, &in_run)) return NULL;
    PyObject *rule = PyObject_GetAttrString(op, "rule"), *name = PyObject_GetAttrString(op, "name");
    Py_ssize_t place = -1;
    if (rule == Py_None && name) { /* a comparison */
        static const char *const hows[] = {"lt", "le", "eq", "ne", "gt", "ge"}; /* as Py_LT, … are numbered */
        for (int how = 0; how < 6; how++)
            if (PyUnicode_CompareWithASCIIString(name, hows[how]) == 0) comparisons[in_run][how] = Py_NewRef(method), place = 0;
    } else if (rule && name && (place = claimed(op, name)) >= 0 && place < OTHERS) {
        rows[place].method[in_run] = Py_NewRef(method), rows[place].reflected[in_run] = Py_NewRef(reflected);
    }
    Py_XDECREF(rule);
    Py_XDECREF(name);
    return PyErr_Occurred() ? NULL : PyBool_FromLong(0 <= place && place < OTHERS);
}

static PyObject *made_(PyObject *module, PyObject *const *args, Py_ssize_t n) {
    if (n != 7) return PyErr_Format(PyExc_TypeError, "made() takes 7 arguments, not %zd", n);
    PyObject *op = args[1], *a = args[2], *x = args[3], *b = args[4], *y = args[5];
    PyTypeObject *kind = (PyTypeObject *)args[6];
    double out = PyFloat_AsDouble(args[0]);
    if (out == -1.0 && PyErr_Occurred()) return NULL;
    Py_ssize_t place = op == Py_None ? LEAF : place_of(op);
    if (place < 0) return NULL;
    Cell *v = kind == value_type || kind == active_type ? blank(kind) : (Cell *)allocated_by(kind);
    if (!v) return NULL;
    v->row = LEAF, v->a = v->b = NULL; /* until all is well */
    if (place >= OTHERS) {
        if (!extra_of(v)) { Py_DECREF(v); return NULL; }
        v->extra->op = Py_NewRef(op);
    }
    v->data = out, v->row = (uint16_t)place, v->x = v->y = 0.0, v->a = v->b = NULL;
    if (place == LEAF) {
        if (x != Py_None) v->a = (Cell *)Py_NewRef(x);
    } else if (ARITY(v)) {
        v->x = PyFloat_AsDouble(x);
        if (is_cell(a)) v->a = (Cell *)Py_NewRef(a);
        if (ARITY(v) == 1 && y != Py_None) v->b = (Cell *)Py_NewRef(y);
        if (ARITY(v) == 2) {
            v->y = PyFloat_AsDouble(y);
            if (is_cell(b)) v->b = (Cell *)Py_NewRef(b);
        }
    } else if (PyTuple_CheckExact(a) && PyTuple_CheckExact(x)) {
        v->a = (Cell *)Py_NewRef(a), v->b = (Cell *)Py_NewRef(x);
    } else {
        PyErr_SetString(PyExc_TypeError, "parents and numbers are tuples");
    }
    if (!PyErr_Occurred()) return (PyObject *)v;
    Py_DECREF(v);
    return NULL;
}

/* (numbers, names, run): the variables of a run that stand for these numbers; None if there are others than plain ones. */
static PyObject *variables(PyObject *module, PyObject *args) {
    PyObject *numbers, *names_, *run;
    if (!PyArg_ParseTuple(args, "O!OO", &PyList_Type, &numbers, &names_, &run)) return NULL;
    Py_ssize_t n = PyList_GET_SIZE(numbers);
    for (Py_ssize_t k = 0; k < n; k++) {
        PyObject *x = PyList_GET_ITEM(numbers, k);
        if (!PyFloat_CheckExact(x) && !PyLong_CheckExact(x)) Py_RETURN_NONE;
    }
    PyObject *list = PyList_New(n);
    for (Py_ssize_t k = 0; list && k < n; k++) {
        Cell *v = blank(active_type);
        if (v) {
            v->data = PyFloat_AsDouble(PyList_GET_ITEM(numbers, k));
            v->row = LEAF, v->x = (double)k, v->y = 0.0, v->a = (Cell *)Py_NewRef(run), v->b = (Cell *)Py_NewRef(names_);
            PyList_SET_ITEM(list, k, (PyObject *)v);
        }
        if (!v || (v->data == -1.0 && PyErr_Occurred())) Py_CLEAR(list);
    }
    return list;
}

/* The inputs of an operation, plain numbers as floats, and the numbers of all of them. */
static PyObject *met(PyObject *module, PyObject *inputs) {
    if (!PyTuple_CheckExact(inputs)) return PyObject_CallOneArg(met_in_python, inputs);
    Py_ssize_t n = PyTuple_GET_SIZE(inputs);
    PyObject *parents = PyTuple_New(n), *numbers = PyTuple_New(n), *answer = NULL;
    int regular = parents && numbers;
    for (Py_ssize_t k = 0; regular && k < n; k++) {
        PyObject *o = PyTuple_GET_ITEM(inputs, k), *number_ = NULL;
        double x;
        if (PyFloat_CheckExact(o)) number_ = Py_NewRef(o);
        else if (is_cell(o)) number_ = PyFloat_FromDouble(((Cell *)o)->data);
        else if (real(o, &x)) number_ = PyFloat_FromDouble(x);
        regular = number_ != NULL;
        if (!regular) break;
        PyTuple_SET_ITEM(numbers, k, number_);
        PyTuple_SET_ITEM(parents, k, Py_NewRef(is_cell(o) ? o : number_));
    }
    if (regular) answer = PyTuple_Pack(2, parents, numbers);
    Py_XDECREF(parents);
    Py_XDECREF(numbers);
    return regular || PyErr_Occurred() ? answer : PyObject_CallOneArg(met_in_python, inputs);
}

/* The types of some objects, most of which are alike. */
static PyObject *kinds_of(PyObject *module, PyObject *elements) {
    PyObject *list = PySequence_Fast(elements, "not iterable"), *kinds = list ? PySet_New(NULL) : NULL;
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
    if (!PyArg_ParseTuple(args, "OOOOOOOO", &number, &read_data, &shares_of, &limits, &met_in_python, &class_of, &nothing,
                          &thread))
        return NULL;
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(args); k++) Py_INCREF(PyTuple_GET_ITEM(args, k));
    Py_RETURN_NONE;
}

static PyObject *watch(PyObject *module, PyObject *on) {
    watched += PyObject_IsTrue(on) ? 1 : -1;
    Py_RETURN_NONE;
}

static PyObject *living(PyObject *module, PyObject *unused) { /* all Values, as gc.get_objects() finds other objects */
    PyObject *list = PyList_New(0);
#ifdef FIRST
    for (Slab *s = youngest; list && s; s = s->older)
        for (char *p = FIRST(s); p < s->fresh; p += sizeof(Cell))
            if (is_value(p) && PyList_Append(list, (PyObject *)p) < 0) Py_CLEAR(list);
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
    {"setup", setup, METH_VARARGS}, {"variables", variables, METH_VARARGS}, {"register", register_row, METH_VARARGS},
    {"made", (PyCFunction)(void (*)(void))made_, METH_FASTCALL},
    {"sweep", sweep, METH_O}, {"watch", watch, METH_O}, {"memory", memory, METH_NOARGS},
    {"living", living, METH_NOARGS}, {"leaves_of", leaves_of, METH_O},
    {"kinds_of", kinds_of, METH_O}, {"met", met, METH_O}, {"idle", idle, METH_VARARGS}, {"slopes", slopes, METH_VARARGS},
    {NULL}
};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_cell", NULL, -1, methods};

PyMODINIT_FUNC PyInit__cell(void) {
    PyObject *module = PyModule_Create(&definition), *math = PyImport_ImportModule("math");
    if (!module || !math) return NULL;
    math_hypot = PyObject_GetAttrString(math, "hypot");
    Py_DECREF(math);
    row_of = PyDict_New();
    PyObject *node_type = PyType_FromSpec(&node_spec), *function_type = PyType_FromSpec(&function_spec);
    value_type = node_type ? (PyTypeObject *)PyType_FromSpecWithBases(&value_spec, node_type) : NULL;
    active_type = value_type ? (PyTypeObject *)PyType_FromSpecWithBases(&active_spec, (PyObject *)value_type) : NULL;
    if (!math_hypot || !row_of || !value_type || !active_type || !function_type) return NULL;
    value_type->tp_vectorcall = leaf_from_type;
    value_type->tp_name = active_type->tp_name = "Value"; /* as Python's own errors call it */
    if (PyModule_AddObjectRef(module, "Node", node_type) < 0) return NULL;
    if (PyModule_AddObjectRef(module, "Value", (PyObject *)value_type) < 0) return NULL;
    if (PyModule_AddObjectRef(module, "Active", (PyObject *)active_type) < 0) return NULL;
    if (PyModule_AddObjectRef(module, "Function", function_type) < 0) return NULL;
    if (PyModule_AddIntConstant(module, "OPS_CRC", OPS_CRC) < 0) return NULL;
    return module;
}
