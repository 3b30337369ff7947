/* ------------------------------------------------------------------------------------------------ compiled functions

   What stands between a call of a jitted function and its answer: `Quick` is the call (compile/quick.py), `Guard` the
   question if what the function finds outside is what it was (compile/closed/guard.py), `Native` the call of machine
   code (compile/native/call.py). The Python that is named there says what is right. */

/* Nothing here has a tp_clear: what else is in a cycle, an object of Python's, breaks it. */
static void free_tracked(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    type->tp_free(self);
    Py_DECREF(type);
}

/* Py_True or Py_False as 1 or 0; -1 after an error. Takes the reference. */
static int truth_of(PyObject *answer) {
    int out = answer ? PyObject_IsTrue(answer) : -1;
    Py_XDECREF(answer);
    return out;
}

/* ---- Guard */

enum { TYPE_IS, VERSION_IS, CODE_IS, CONTENT_IS, MRO_IS, DICT_IS, FORMS };
static const char *const guard_forms[FORMS] = {
    "kind_of({}) is {}", "{}.value == {}", "{}.__code__ is {}", "{}.cell_contents is {}", "{}.__mro__ is {}",
    "{}.__dict__ is {}"
};
typedef struct { PyObject *thing, *found, *attribute; const uint64_t *version; uint64_t seen; int form; } Question;
typedef struct {
    PyObject_HEAD
    vectorcallfunc call;
    PyObject *namespace, *builtins, *names, *others, *then, *otherwise; /* `names` and `others` hold what is asked */
    Question dicts[2]; /* the versions of the first two, and what they were when the names were the same; or none */
    Py_ssize_t count;
    Question *questions;
} Guard;
static PyTypeObject *guard_type;

/* Whether the thing is what was found: 1, 0, or -1 after an error. */
static inline int is_same(const Question *q) {
    if (q->form == TYPE_IS) return (PyObject *)Py_TYPE(q->thing) == q->found;
    if (q->form == VERSION_IS) return *q->version == q->seen;
    if (q->form == CODE_IS && PyFunction_Check(q->thing)) return PyFunction_GET_CODE(q->thing) == q->found;
    if (q->form == CONTENT_IS && PyCell_Check(q->thing)) return PyCell_GET(q->thing) == q->found;
    PyObject *now = PyObject_GetAttr(q->thing, q->attribute);
    int same = now ? now == q->found : -1;
    Py_XDECREF(now);
    return same;
}

static int same_names(const Guard *g) {
    for (Py_ssize_t k = 0; k < PyList_GET_SIZE(g->names); k++) {
        PyObject *pair = PyList_GET_ITEM(g->names, k), *name = PyTuple_GET_ITEM(pair, 0);
        PyObject *now = PyDict_GetItemWithError(g->namespace, name);
        if (!now && !PyErr_Occurred()) now = PyDict_GetItemWithError(g->builtins, name);
        if (now != PyTuple_GET_ITEM(pair, 1)) return PyErr_Occurred() ? -1 : 0;
    }
    return 1;
}

static int all_same(Guard *g) {
    if (!g->dicts[0].version || !is_same(&g->dicts[0]) || !is_same(&g->dicts[1])) {
        for (int k = 0; g->dicts[0].version && k < 2; k++) g->dicts[k].seen = 0; /* no dict's version, in case of an error */
        int same = same_names(g);
        if (same < 1) return same;
        for (int k = 0; g->dicts[0].version && k < 2; k++) g->dicts[k].seen = *g->dicts[k].version;
    }
    for (Py_ssize_t k = 0; k < g->count; k++) {
        int same = is_same(&g->questions[k]);
        if (same < 1) return same;
    }
    return 1;
}

/* Whether anything has changed: 0, 1, or -1 after an error. */
static int has_changed(Guard *g) {
    int same = all_same(g), changed = same < 0 ? -1 : 0;
    if (same > 0 && g->then != Py_None) changed = truth_of(PyObject_CallNoArgs(g->then));
    if (changed < 0) {
        if (!PyErr_ExceptionMatches(PyExc_Exception)) return -1;
        PyErr_Clear();
        same = 0;
    }
    return same > 0 ? changed : truth_of(PyObject_CallNoArgs(g->otherwise));
}

static PyObject *guard_call(PyObject *self, PyObject *const *args, size_t flags, PyObject *kwnames) {
    int changed = has_changed((Guard *)self);
    return changed < 0 ? NULL : PyBool_FromLong(changed);
}

/* The address of a dict's version, which ctypes reads. */
static int read_place(Question *q, PyObject *tag) {
    Py_buffer place;
    if (PyObject_GetBuffer(tag, &place, PyBUF_SIMPLE) < 0) return -1;
    q->form = VERSION_IS;
    q->version = place.buf;
    PyBuffer_Release(&place);
    return 0;
}

static int read_question(Question *q, PyObject *form, PyObject *pair) {
    for (q->form = 0; q->form < FORMS; q->form++)
        if (PyUnicode_CompareWithASCIIString(form, guard_forms[q->form]) == 0) break;
    if (q->form == FORMS) return error(PyExc_ValueError, "no question that a guard can ask");
    q->thing = PyTuple_GET_ITEM(pair, 0), q->found = PyTuple_GET_ITEM(pair, 1);
    if (q->form >= CODE_IS) {
        q->attribute = PyUnicode_Substring(form, 3, PyUnicode_GET_LENGTH(form) - 6);
        if (q->attribute) PyUnicode_InternInPlace(&q->attribute);
        return q->attribute ? 0 : -1;
    }
    if (q->form != VERSION_IS) return 0;
    q->seen = PyLong_AsUnsignedLongLong(q->found);
    return PyErr_Occurred() ? -1 : read_place(q, q->thing);
}

/* (namespace, builtins, [(name, found)], [(form, (thing, found))], then, otherwise, what reads a dict's version) */
static PyObject *guard_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    Guard *g = (Guard *)type->tp_alloc(type, 0);
    PyObject *version;
    if (!g) return NULL;
    if (!PyArg_ParseTuple(args, "O!O!O!O!OOO", &PyDict_Type, &g->namespace, &PyDict_Type, &g->builtins, &PyList_Type, &g->names,
                          &PyList_Type, &g->others, &g->then, &g->otherwise, &version)) {
        g->namespace = g->builtins = g->names = g->others = g->then = g->otherwise = NULL;
        Py_DECREF(g);
        return NULL;
    }
    PyObject *held[] = {g->namespace, g->builtins, g->names, g->others, g->then, g->otherwise};
    for (int k = 0; k < 6; k++) Py_INCREF(held[k]);
    g->call = guard_call;
    for (int k = 0; version != Py_None && k < 2; k++) {
        PyObject *tag = PyObject_CallOneArg(version, held[k]);
        int is_read = tag ? read_place(&g->dicts[k], tag) : -1;
        Py_XDECREF(tag);
        if (is_read < 0) {
            Py_DECREF(g);
            return NULL;
        }
    }
    Py_ssize_t count = PyList_GET_SIZE(g->others);
    g->questions = PyMem_Calloc(count + 1, sizeof(Question));
    if (!g->questions) PyErr_NoMemory();
    else for (; g->count < count; g->count++) {
        PyObject *question = PyList_GET_ITEM(g->others, g->count);
        if (read_question(&g->questions[g->count], PyTuple_GET_ITEM(question, 0), PyTuple_GET_ITEM(question, 1)) < 0) break;
    }
    if (g->questions && g->count == count) return (PyObject *)g;
    Py_DECREF(g);
    return NULL;
}

static int guard_traverse(PyObject *self, visitproc visit, void *arg) {
    Guard *g = (Guard *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(g->namespace); Py_VISIT(g->builtins); Py_VISIT(g->names);
    Py_VISIT(g->others); Py_VISIT(g->then); Py_VISIT(g->otherwise);
    return 0;
}
static void guard_dealloc(PyObject *self) {
    Guard *g = (Guard *)self;
    PyObject_GC_UnTrack(self);
    for (Py_ssize_t k = 0; k < g->count; k++) Py_XDECREF(g->questions[k].attribute);
    PyMem_Free(g->questions);
    Py_XDECREF(g->namespace); Py_XDECREF(g->builtins); Py_XDECREF(g->names);
    Py_XDECREF(g->others); Py_XDECREF(g->then); Py_XDECREF(g->otherwise);
    free_tracked(self);
}
static PyMemberDef guard_members[] = {{"__vectorcalloffset__", T_PYSSIZET, offsetof(Guard, call), READONLY}, {NULL}};
static PyType_Slot guard_slots[] = {
    {Py_tp_new, guard_new}, {Py_tp_dealloc, guard_dealloc}, {Py_tp_traverse, guard_traverse},
    {Py_tp_call, PyVectorcall_Call}, {Py_tp_members, guard_members}, {0}
};
#define CALLED Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_HAVE_GC
static PyType_Spec guard_spec = {"micrograd_like.core._cell.Guard", sizeof(Guard), 0, CALLED, guard_slots};

/* ---- Quick

   A class of Python's is built upon it; that has `call`, which is the general case. */

typedef struct {
    PyObject_HEAD
    vectorcallfunc call;
    PyObject *fast, *surroundings, *checks;
} Quick;
static PyTypeObject *quick_type;
static PyObject *s_changed, *s_others, *s_call;

/* The function for arguments of these types, borrowed; NULL if there is none. `fast` is a dict by tuples of types. */
static PyObject *known_for(PyObject *fast, PyObject *const *args, Py_ssize_t n) {
    PyObject *kinds, *function;
    for (Py_ssize_t place = 0; fast && PyDict_CheckExact(fast) && PyDict_Next(fast, &place, &kinds, &function);) {
        Py_ssize_t k = PyTuple_GET_SIZE(kinds) == n ? 0 : n + 1;
        while (k < n && PyTuple_GET_ITEM(kinds, k) == (PyObject *)Py_TYPE(args[k])) k++;
        if (k == n) return function;
    }
    return NULL;
}

typedef struct { PyTypeObject *type; Py_ssize_t offset; } Slot; /* where the objects of a class have an attribute */
static Slot slot_of_changed, slot_of_others;

/* The attribute, which is there; a slot is read where it is. */
static PyObject *attribute_of(PyObject *o, PyObject *name, Slot *slot) {
    if (Py_TYPE(o) != slot->type) {
        PyObject *member = PyObject_GetAttr((PyObject *)Py_TYPE(o), name);
        int is_slot = member && Py_IS_TYPE(member, &PyMemberDescr_Type);
        slot->type = is_slot ? Py_TYPE(o) : NULL; /* the class is that of a module: it stays */
        slot->offset = is_slot ? ((PyMemberDescrObject *)member)->d_member->offset : 0;
        PyErr_Clear();
        Py_XDECREF(member);
        if (!is_slot) return PyObject_GetAttr(o, name);
    }
    PyObject *x = *(PyObject **)((char *)o + slot->offset);
    return x ? Py_NewRef(x) : PyObject_GetAttr(o, name);
}

/* Whether what the function finds outside has changed: 0, 1, or -1 after an error. */
static int have_changed(PyObject *surroundings) {
    PyObject *changed = attribute_of(surroundings, s_changed, &slot_of_changed);
    if (!changed) return -1;
    int out = Py_IS_TYPE(changed, guard_type) ? has_changed((Guard *)changed) : truth_of(PyObject_CallNoArgs(changed));
    Py_DECREF(changed);
    return out;
}

/* Whether one more of the calls that are not checked is taken: 0, 1, or -1 after an error. */
static int is_another(PyObject *checks) {
    PyObject *others = attribute_of(checks, s_others, &slot_of_others);
    PyObject *one = others ? PyIter_Next(others) : NULL;
    int taken = one ? 1 : PyErr_Occurred() ? -1 : 0;
    Py_XDECREF(others);
    Py_XDECREF(one);
    return taken;
}

static PyObject *general_call(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *kwnames, PyObject *due) {
    PyObject *all = PyTuple_New(n), *options = PyDict_New(), *answer = NULL;
    for (Py_ssize_t k = 0; all && k < n; k++) PyTuple_SET_ITEM(all, k, Py_NewRef(args[k]));
    Py_ssize_t count = all && options && kwnames ? PyTuple_GET_SIZE(kwnames) : 0, done = 0;
    while (done < count && PyDict_SetItem(options, PyTuple_GET_ITEM(kwnames, done), args[n + done]) == 0) done++;
    if (all && options && done == count) answer = PyObject_CallMethodObjArgs(self, s_call, all, options, due, NULL);
    Py_XDECREF(all);
    Py_XDECREF(options);
    return answer;
}

static PyObject *quick_call(PyObject *self, PyObject *const *args, size_t flags, PyObject *kwnames) {
    Quick *q = (Quick *)self;
    Py_ssize_t n = PyVectorcall_NARGS(flags);
    PyObject *function = kwnames && PyTuple_GET_SIZE(kwnames) ? NULL : known_for(q->fast, args, n), *due = Py_None;
    if (function && q->surroundings && q->checks) {
        Py_INCREF(function);
        int changed = have_changed(q->surroundings), taken = changed ? 0 : is_another(q->checks);
        PyObject *answer = taken > 0 ? PyObject_Vectorcall(function, args, n, NULL) : NULL;
        Py_DECREF(function);
        if (answer || ((changed < 0 || taken < 0) && PyErr_Occurred())) return answer;
        if (taken) { /* a way that is not recorded, or an error, which is then eager's own */
            if (!PyErr_ExceptionMatches(PyExc_Exception)) return NULL;
            PyErr_Clear();
            due = Py_False;
        }
    }
    return general_call(self, args, n, kwnames, due);
}

static PyObject *quick_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    Quick *q = (Quick *)type->tp_alloc(type, 0);
    if (q) q->call = quick_call;
    return (PyObject *)q;
}
static int quick_traverse(PyObject *self, visitproc visit, void *arg) {
    Quick *q = (Quick *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(q->fast); Py_VISIT(q->surroundings); Py_VISIT(q->checks);
    return 0;
}
static void quick_dealloc(PyObject *self) {
    Quick *q = (Quick *)self;
    PyObject_GC_UnTrack(self);
    Py_XDECREF(q->fast); Py_XDECREF(q->surroundings); Py_XDECREF(q->checks);
    free_tracked(self);
}
static PyMemberDef quick_members[] = {
    {"fast", T_OBJECT, offsetof(Quick, fast)}, {"surroundings", T_OBJECT, offsetof(Quick, surroundings)},
    {"checks", T_OBJECT, offsetof(Quick, checks)},
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Quick, call), READONLY}, {NULL}
};
static PyType_Slot quick_slots[] = {
    {Py_tp_new, quick_new}, {Py_tp_dealloc, quick_dealloc}, {Py_tp_traverse, quick_traverse},
    {Py_tp_call, PyVectorcall_Call}, {Py_tp_members, quick_members}, {0}
};
static PyType_Spec quick_spec = {
    "micrograd_like.core._cell.Quick", sizeof(Quick), 0, CALLED | Py_TPFLAGS_BASETYPE, quick_slots
};

/* ---- Native

   Machine code is called with the numbers one after the other, the arrays (NumPy's objects), room for the answer, and
   room to work in. It answers which of the answers it came to, or a negative number: a way that is not recorded. */

typedef int64_t (*Machine)(const double *numbers, PyObject *const *arrays, double *out, double *scratch);
typedef struct { /* the public head of NumPy's array */
    PyObject_HEAD
    char *data;
    int count;
    Py_ssize_t *shape, *strides;
    PyObject *base, *dtype;
    int flags;
} Array;
#define LARGEST_WHOLE 9007199254740992.0 /* up to which all whole numbers are doubles */
enum { C_CONTIGUOUS = 1, ON_STACK = 512, WITH_THE_GIL = 4000 }; /* numbers; steps beyond which other threads may run */

typedef struct {
    PyObject_HEAD
    vectorcallfunc call;
    Machine machine;
    PyObject *code, *layouts, *plans, *makers; /* what keeps the code; arguments; answers */
    PyObject *unknown, *convert, *empty, *check, *array_type, *dtype;
    Py_ssize_t numbers, arrays, outputs, slots, work;
} Native;

/* A number of the answer, a list or tuple of such, or an array, which the plan makes without numbers. */
static PyObject *made_by(PyObject *plan, const double **at) {
    if (plan == Py_None) return PyFloat_FromDouble(*(*at)++);
    int is_tuple = PyTuple_CheckExact(plan);
    if (is_tuple || PyList_CheckExact(plan)) {
        Py_ssize_t n = Py_SIZE(plan);
        PyObject *out = is_tuple ? PyTuple_New(n) : PyList_New(n);
        for (Py_ssize_t k = 0; out && k < n; k++) {
            PyObject *part = made_by(is_tuple ? PyTuple_GET_ITEM(plan, k) : PyList_GET_ITEM(plan, k), at);
            if (!part) Py_CLEAR(out);
            else if (is_tuple) PyTuple_SET_ITEM(out, k, part);
            else PyList_SET_ITEM(out, k, part);
        }
        return out;
    }
    Array *array = (Array *)PyObject_CallNoArgs(plan);
    if (!array) return NULL;
    Py_ssize_t n = 1;
    for (int k = 0; k < array->count; k++) n *= array->shape[k];
    memcpy(array->data, *at, n * sizeof(double));
    *at += n;
    return (PyObject *)array;
}

/* The answer with this number, from the numbers in `out`. */
static PyObject *answer_of(Native *f, int64_t which, const double *out) {
    PyObject *maker = PyTuple_GET_ITEM(f->makers, which);
    if (maker == Py_None) return made_by(PyTuple_GET_ITEM(f->plans, which), &out);
    PyObject *array = made_by(f->empty, &out);
    PyObject *answer = array ? PyObject_CallOneArg(maker, array) : NULL;
    Py_XDECREF(array);
    return answer;
}

static PyObject *run_machine(Native *f, double *room, PyObject *const *arrays) {
    double *out = room + f->numbers, *scratch = out + f->outputs;
    int64_t which;
    if (f->work <= WITH_THE_GIL) which = f->machine(room, arrays, out, scratch);
    else {
        Py_BEGIN_ALLOW_THREADS
        which = f->machine(room, arrays, out, scratch);
        Py_END_ALLOW_THREADS
    }
    if (f->check != Py_None) {
        PyObject *checked = PyObject_CallNoArgs(f->check);
        if (!checked) return NULL;
        Py_DECREF(checked);
    }
    if (which >= 0) return answer_of(f, which, out);
    PyErr_SetNone(f->unknown);
    return NULL;
}

static int unknown_form(Native *f) {
    PyErr_SetNone(f->unknown);
    return -1;
}

/* The number, which is no float, as a double; an error if it is an int that no float holds. */
static int read_other_number(PyObject *x, double *to) {
    *to = PyFloat_AsDouble(x);
    if (*to == -1.0 && PyErr_Occurred()) return -1;
    if (!(fabs(*to) >= LARGEST_WHOLE) || !PyIndex_Check(x)) return 0;
    PyObject *whole = PyNumber_Index(x), *back = whole ? PyLong_FromDouble(*to) : NULL;
    int same = back ? PyObject_RichCompareBool(whole, back, Py_EQ) : -1;
    Py_XDECREF(whole);
    Py_XDECREF(back);
    if (same == 0) PyErr_SetString(PyExc_OverflowError, "no float holds an int");
    return same > 0 ? 0 : -1;
}

/* The number as a double. */
static inline int read_number(PyObject *x, double *to) {
    if (!PyFloat_CheckExact(x)) return read_other_number(x, to);
    *to = PyFloat_AS_DOUBLE(x);
    return 0;
}

/* The numbers of a list or tuple, which has as many as there are types, of just these types. */
static int read_flat(Native *f, PyObject *x, PyObject *kinds, double *to) {
    Py_ssize_t n = PyTuple_GET_SIZE(kinds);
    if (!(PyList_CheckExact(x) || PyTuple_CheckExact(x)) || Py_SIZE(x) != n) return unknown_form(f);
    for (Py_ssize_t k = 0; k < n; k++) { /* no Python runs: the list stays as it is */
        PyObject *y = PyList_CheckExact(x) ? PyList_GET_ITEM(x, k) : PyTuple_GET_ITEM(x, k);
        if ((PyObject *)Py_TYPE(y) != PyTuple_GET_ITEM(kinds, k)) return unknown_form(f);
        if (PyFloat_Check(y)) to[k] = PyFloat_AS_DOUBLE(y);
        else if (!PyLong_CheckExact(y)) return unknown_form(f);
        else if (read_other_number(y, &to[k]) < 0) return -1;
    }
    return 0;
}

/* The array itself, if it is of doubles one after the other in the layout [shape, dtype]; else a converted one. */
static PyObject *read_array(Native *f, PyObject *x, PyObject *layout) {
    PyObject *shape = PyList_GET_ITEM(layout, 0);
    Array *array = (Array *)x;
    if (PyObject_TypeCheck(x, (PyTypeObject *)f->array_type) && array->dtype == f->dtype && array->flags & C_CONTIGUOUS &&
        array->dtype == PyList_GET_ITEM(layout, 1) && array->count == PyTuple_GET_SIZE(shape)) {
        int k = 0;
        while (k < array->count && PyLong_AsSsize_t(PyTuple_GET_ITEM(shape, k)) == array->shape[k]) k++;
        if (k == array->count) return Py_NewRef(x);
    }
    return PyObject_CallFunctionObjArgs(f->convert, x, PyList_GET_ITEM(layout, 0), PyList_GET_ITEM(layout, 1), NULL);
}

/* Whether an argument that holds numbers is given twice: the function could tell it from two equal ones. */
static int is_given_twice(PyObject *const *args, const Native *f) {
    for (Py_ssize_t k = 1; k < PyTuple_GET_SIZE(f->layouts); k++)
        for (Py_ssize_t j = 0; PyTuple_GET_ITEM(f->layouts, k) != Py_None && j < k; j++)
            if (args[j] == args[k]) return 1;
    return 0;
}

/* Room for all numbers and arrays of a call, on the stack if they are few. */
#define ROOM(f, room, arrays)                                                                                          \
    double numbers_[ON_STACK], *room = numbers_;                                                                       \
    PyObject *arrays_[8], **arrays = arrays_;                                                                          \
    Py_ssize_t size_ = (f)->numbers + (f)->outputs + (f)->slots;                                                       \
    if (size_ > ON_STACK) room = PyMem_Malloc(size_ * sizeof(double));                                                 \
    if ((f)->arrays > 8) arrays = PyMem_Malloc((f)->arrays * sizeof(PyObject *));                                      \
    if (!room || !arrays) PyErr_NoMemory()
#define LEAVE(room, arrays)                                                                                            \
    if (room != numbers_) PyMem_Free(room);                                                                            \
    if (arrays != arrays_) PyMem_Free(arrays)

/* Numbers, flat lists and tuples of numbers, arrays: the arguments of the function. */
static PyObject *native_call(PyObject *self, PyObject *const *args, size_t flags, PyObject *kwnames) {
    Native *f = (Native *)self;
    Py_ssize_t n = PyVectorcall_NARGS(flags), done = 0, read = 0;
    PyObject *answer = NULL;
    if (kwnames || n != PyTuple_GET_SIZE(f->layouts) || is_given_twice(args, f)) return unknown_form(f), NULL;
    ROOM(f, room, arrays);
    double *to = room;
    int is_read = room && arrays;
    for (Py_ssize_t k = 0; is_read && k < n; k++) {
        PyObject *layout = PyTuple_GET_ITEM(f->layouts, k);
        if (layout == Py_None) is_read = read_number(args[k], to++) == 0;
        else if (PyTuple_CheckExact(layout)) {
            is_read = read_flat(f, args[k], layout, to) == 0;
            to += PyTuple_GET_SIZE(layout);
        } else if ((arrays[read] = read_array(f, args[k], layout))) read++;
        else is_read = 0;
    }
    if (is_read) answer = run_machine(f, room, arrays);
    for (; done < read; done++) Py_DECREF(arrays[done]);
    LEAVE(room, arrays);
    return answer;
}

/* (numbers, arrays): the same of a list of all numbers that are not in arrays, and contiguous arrays of doubles. */
static PyObject *native_run(PyObject *self, PyObject *args) {
    Native *f = (Native *)self;
    PyObject *numbers, *given, *answer = NULL;
    if (!PyArg_ParseTuple(args, "O!O!", &PyList_Type, &numbers, &PyList_Type, &given)) return NULL;
    if (PyList_GET_SIZE(given) != f->arrays) return unknown_form(f), NULL;
    PyObject *known = PyList_AsTuple(numbers), *held = PyList_AsTuple(given);
    ROOM(f, room, arrays);
    int is_read = room && arrays && known && held && PyTuple_GET_SIZE(known) == f->numbers;
    if (!is_read && !PyErr_Occurred()) unknown_form(f);
    for (Py_ssize_t k = 0; is_read && k < f->numbers; k++) is_read = read_number(PyTuple_GET_ITEM(known, k), room + k) == 0;
    for (Py_ssize_t k = 0; is_read && k < f->arrays; k++) arrays[k] = PyTuple_GET_ITEM(held, k);
    if (is_read) answer = run_machine(f, room, arrays);
    LEAVE(room, arrays);
    Py_XDECREF(known);
    Py_XDECREF(held);
    return answer;
}

/* (address, code, layouts, plans, makers, unknown, convert, empty, check, array type, dtype,
   (how many numbers, arrays, outputs, slots, steps)) */
static PyObject *native_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    unsigned long long address;
    PyObject *o[10];
    Py_ssize_t n[5];
    if (!PyArg_ParseTuple(args, "KOO!O!O!OOOOOO(nnnnn)", &address, &o[0], &PyTuple_Type, &o[1], &PyTuple_Type, &o[2],
                          &PyTuple_Type, &o[3], &o[4], &o[5], &o[6], &o[7], &o[8], &o[9], &n[0], &n[1], &n[2], &n[3], &n[4]))
        return NULL;
    Native *f = (Native *)type->tp_alloc(type, 0);
    if (!f) return NULL;
    PyObject **held[] = {&f->code, &f->layouts, &f->plans, &f->makers, &f->unknown, &f->convert, &f->empty, &f->check,
                         &f->array_type, &f->dtype};
    for (int k = 0; k < 10; k++) *held[k] = Py_NewRef(o[k]);
    f->call = native_call, f->machine = (Machine)(uintptr_t)address;
    f->numbers = n[0], f->arrays = n[1], f->outputs = n[2], f->slots = n[3], f->work = n[4];
    return (PyObject *)f;
}
static int native_traverse(PyObject *self, visitproc visit, void *arg) {
    Native *f = (Native *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(f->code); Py_VISIT(f->layouts); Py_VISIT(f->plans); Py_VISIT(f->makers); Py_VISIT(f->unknown);
    Py_VISIT(f->convert); Py_VISIT(f->empty); Py_VISIT(f->check); Py_VISIT(f->array_type); Py_VISIT(f->dtype);
    return 0;
}
static void native_dealloc(PyObject *self) {
    Native *f = (Native *)self;
    PyObject_GC_UnTrack(self);
    Py_XDECREF(f->layouts); Py_XDECREF(f->plans); Py_XDECREF(f->makers); Py_XDECREF(f->unknown); Py_XDECREF(f->convert);
    Py_XDECREF(f->empty); Py_XDECREF(f->check); Py_XDECREF(f->array_type); Py_XDECREF(f->dtype); Py_XDECREF(f->code);
    free_tracked(self);
}
static PyMethodDef native_methods[] = {{"run", native_run, METH_VARARGS}, {NULL}};
static PyMemberDef native_members[] = {
    {"code", T_OBJECT, offsetof(Native, code), READONLY},
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Native, call), READONLY}, {NULL}
};
static PyType_Slot native_slots[] = {
    {Py_tp_new, native_new}, {Py_tp_dealloc, native_dealloc}, {Py_tp_traverse, native_traverse},
    {Py_tp_call, PyVectorcall_Call}, {Py_tp_methods, native_methods}, {Py_tp_members, native_members}, {0}
};
static PyType_Spec native_spec = {"micrograd_like.core._cell.Native", sizeof(Native), 0, CALLED, native_slots};

static int add_calls(PyObject *module) {
    s_changed = PyUnicode_InternFromString("changed");
    s_others = PyUnicode_InternFromString("others");
    s_call = PyUnicode_InternFromString("call");
    guard_type = (PyTypeObject *)PyType_FromSpec(&guard_spec);
    quick_type = (PyTypeObject *)PyType_FromSpec(&quick_spec);
    PyObject *native_type = PyType_FromSpec(&native_spec);
    if (!s_changed || !s_others || !s_call || !guard_type || !quick_type || !native_type) return -1;
    if (PyModule_AddObjectRef(module, "Guard", (PyObject *)guard_type) < 0 ||
        PyModule_AddObjectRef(module, "Quick", (PyObject *)quick_type) < 0) return -1;
    return PyModule_AddObject(module, "Native", native_type);
}
