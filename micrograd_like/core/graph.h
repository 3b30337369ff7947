/* The walks over any graph of nodes, the twin of graph.py: `topological_order`, and `reverse_sweep`, where all that is done
   is to call rules. Which nodes were met stands in a table beside them: a rule may start a walk of its own. */

static PyObject *closure_on_nodes, *shares_after_error; /* of transforms/higher.py */

/* (closure_on_nodes, shares_after_error): by which a sweep knows that all it does is to call rules. */
static PyObject *set_closure(PyObject *module, PyObject *args) {
    PyObject *closure, *after_error;
    if (!PyArg_ParseTuple(args, "OO", &closure, &after_error)) return NULL;
    set_reference(closure_on_nodes, Py_NewRef(closure));
    set_reference(shares_after_error, Py_NewRef(after_error));
    Py_RETURN_NONE;
}

typedef struct { /* objects by their identity, each with its place in the order in which they came */
    PyObject **keys;
    Py_ssize_t *places, mask, count;
} Met;

static inline size_t hash_of(PyObject *o) { return (size_t)((uintptr_t)o >> 4) * 0x9E3779B97F4A7C15u >> 20; }

static inline Py_ssize_t slot_of(Met *met, PyObject *o) {
    Py_ssize_t k = (Py_ssize_t)(hash_of(o) & (size_t)met->mask);
    while (met->keys[k] && met->keys[k] != o) k = (k + 1) & met->mask;
    return k;
}

static inline Py_ssize_t place_in(Met *met, PyObject *o) { /* -1: not met */
    Py_ssize_t k = met->mask ? slot_of(met, o) : 0;
    return met->mask && met->keys[k] ? met->places[k] : -1;
}

static int grown(Met *met) {
    Met old = *met;
    met->mask = old.mask ? 2 * old.mask + 1 : 1023;
    met->keys = PyMem_Calloc((size_t)met->mask + 1, sizeof *met->keys);
    met->places = PyMem_Malloc(((size_t)met->mask + 1) * sizeof *met->places);
    for (Py_ssize_t k = 0; met->keys && met->places && k <= old.mask; k++)
        if (old.keys && old.keys[k]) {
            Py_ssize_t new = slot_of(met, old.keys[k]);
            met->keys[new] = old.keys[k], met->places[new] = old.places[k];
        }
    PyMem_Free(old.keys), PyMem_Free(old.places);
    return met->keys && met->places ? 1 : (PyErr_NoMemory(), 0);
}

/* Note an object; 1 if it is new, 0 if it was met before, -1 after an error. */
static inline int meet(Met *met, PyObject *o) {
    if (2 * met->count >= met->mask && !grown(met)) return -1;
    Py_ssize_t k = slot_of(met, o);
    if (met->keys[k]) return 0;
    met->keys[k] = o, met->places[k] = met->count++;
    return 1;
}

static void forgotten(Met *met) { PyMem_Free(met->keys), PyMem_Free(met->places); }

typedef struct { /* nodes that wait to be visited, held by what they are found in */
    PyObject **at;
    Py_ssize_t count, space;
} Waiting;

static inline int wait_for(Waiting *stack, PyObject *o) {
    if (stack->count == stack->space) {
        Py_ssize_t space = 2 * stack->space + 256;
        PyObject **at = PyMem_Realloc(stack->at, (size_t)space * sizeof *at);
        if (!at) return PyErr_NoMemory(), 0;
        stack->at = at, stack->space = space;
    }
    stack->at[stack->count++] = o;
    return 1;
}

/* The node's parents, a tuple: a new reference. */
static inline PyObject *parents_of(PyObject *node) {
    static PyObject *word;
    PyObject *parents;
    if (is_number(node)) {
        parents = Py_XNewRef(((Number *)node)->parents);
    } else {
        if (!word && !(word = PyUnicode_InternFromString("_parents"))) return NULL;
        parents = PyObject_GetAttr(node, word);
    }
    if (!parents || PyTuple_CheckExact(parents)) return parents;
    PyErr_Format(PyExc_TypeError, "the parents of a node are a tuple, not %R", parents);
    Py_DECREF(parents);
    return NULL;
}

/* topological_order(*roots, beyond=()): the roots and what they were made from, parents first. The order holds its nodes,
   the roots are held by the caller, and parents by their children, which come after them. */
static PyObject *topological_order(PyObject *module, PyObject *roots, PyObject *options) {
    static char *words[] = {"beyond", NULL};
    PyObject *beyond = NULL, *nothing_ = PyTuple_New(0), *order = PyList_New(0), *held = PyList_New(0);
    Met seen = {0};
    Waiting stack = {0};
    int fine = nothing_ && order && held && PyArg_ParseTupleAndKeywords(nothing_, options, "|$O", words, &beyond);
    PyObject *others = fine && beyond ? PySequence_List(beyond) : NULL;
    fine = fine && (others || !beyond);
    for (Py_ssize_t k = 0; fine && others && k < PyList_GET_SIZE(others); k++)
        fine = meet(&seen, PyList_GET_ITEM(others, k)) >= 0;
    for (Py_ssize_t k = PyTuple_GET_SIZE(roots); fine && k--;) fine = wait_for(&stack, PyTuple_GET_ITEM(roots, k));
    while (fine && stack.count) {
        PyObject *node = stack.at[--stack.count];
        if (!node) { /* all that the node below was made from is in order now */
            fine = PyList_Append(order, stack.at[--stack.count]) == 0;
            continue;
        }
        int new = meet(&seen, node);
        if (new <= 0) { fine = new == 0; continue; }
        PyObject *parents = parents_of(node);
        fine = parents && wait_for(&stack, node) && wait_for(&stack, NULL);
        for (Py_ssize_t k = parents ? PyTuple_GET_SIZE(parents) : 0; fine && k--;) {
            PyObject *x = PyTuple_GET_ITEM(parents, k);
            if (!PyFloat_CheckExact(x) && place_in(&seen, x) < 0) fine = wait_for(&stack, x);
        }
        if (parents && Py_REFCNT(parents) == 1) fine = fine && PyList_Append(held, parents) == 0; /* made just now */
        Py_XDECREF(parents);
    }
    forgotten(&seen), PyMem_Free(stack.at);
    Py_XDECREF(nothing_), Py_XDECREF(others), Py_XDECREF(held);
    if (!fine) Py_CLEAR(order);
    return order;
}

/* Whether one of the parents was met. */
static int has_met_parent(Met *met, PyObject *parents) {
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(parents); k++)
        if (place_in(met, PyTuple_GET_ITEM(parents, k)) >= 0) return 1;
    return 0;
}

/* reached_by(order, variables): the nodes of an order, parents first, that the variables lead to, but for themselves. */
static PyObject *reached_by(PyObject *module, PyObject *args) {
    PyObject *order, *variables, *found = PyList_New(0);
    Met moving = {0};
    int fine = found && PyArg_ParseTuple(args, "O!O!", &PyList_Type, &order, &PyList_Type, &variables);
    for (Py_ssize_t k = 0; fine && k < PyList_GET_SIZE(variables); k++) fine = meet(&moving, PyList_GET_ITEM(variables, k)) >= 0;
    for (Py_ssize_t k = 0; fine && k < PyList_GET_SIZE(order); k++) {
        PyObject *node = PyList_GET_ITEM(order, k), *parents = parents_of(node);
        if (!(fine = parents != NULL)) break;
        if (has_met_parent(&moving, parents)) fine = meet(&moving, node) >= 0 && PyList_Append(found, node) == 0;
        Py_DECREF(parents);
    }
    forgotten(&moving);
    if (!fine) Py_CLEAR(found);
    return found;
}

/* made_from(order): the ids of the parents of all nodes of an order. */
static PyObject *made_from(PyObject *module, PyObject *order) {
    PyObject *ids = PySet_New(NULL);
    for (Py_ssize_t k = 0; ids && k < PyList_GET_SIZE(order); k++) {
        PyObject *parents = parents_of(PyList_GET_ITEM(order, k));
        for (Py_ssize_t j = 0; parents && ids && j < PyTuple_GET_SIZE(parents); j++) {
            PyObject *x = PyTuple_GET_ITEM(parents, j), *id = PyFloat_CheckExact(x) ? NULL : PyLong_FromVoidPtr(x);
            if (id ? PySet_Add(ids, id) < 0 : !PyFloat_CheckExact(x)) Py_CLEAR(ids);
            Py_XDECREF(id);
        }
        if (!parents) Py_CLEAR(ids);
        Py_XDECREF(parents);
    }
    return ids;
}

/* stands_alone(order): whether each Symbol that stands for a Value is made of one that does; None if other nodes are there. */
static PyObject *stands_alone(PyObject *module, PyObject *order) {
    for (Py_ssize_t k = 0; k < PyList_GET_SIZE(order); k++) {
        Number *s = (Number *)PyList_GET_ITEM(order, k);
        if (!is_number((PyObject *)s)) Py_RETURN_NONE;
        if (s->is_value != Py_True) continue;
        int is_made = 0;
        for (Py_ssize_t j = 0; !is_made && j < PyTuple_GET_SIZE(s->parents); j++) {
            PyObject *x = PyTuple_GET_ITEM(s->parents, j);
            if (!PyFloat_CheckExact(x) && !is_number(x)) Py_RETURN_NONE;
            is_made = !PyFloat_CheckExact(x) && ((Number *)x)->is_value == Py_True;
        }
        if (!is_made) Py_RETURN_FALSE;
    }
    Py_RETURN_TRUE;
}

/* What a node hands to its parents: its rule's answer, as `closure_on_nodes` gives it, or what another closure answers. */
static PyObject *handed_down(PyObject *node, PyObject *parents, PyObject *g, PyObject *closure_of) {
    PyObject *op = closure_of == closure_on_nodes && is_number(node) ? ((Number *)node)->row : NULL;
    PyObject *place = op ? PyDict_GetItemWithError(row_of, op) : NULL;
    Py_ssize_t n = PyTuple_GET_SIZE(parents);
    if (!place || n < 1 || n > 2) {
        PyObject *closure = PyErr_Occurred() ? NULL : PyObject_CallOneArg(closure_of, node);
        PyObject *shares = closure ? PyObject_CallOneArg(closure, g) : NULL, *all = shares ? PySequence_Tuple(shares) : NULL;
        Py_XDECREF(closure), Py_XDECREF(shares);
        return all;
    }
    PyObject *arguments[5] = {NULL, PyTuple_GET_ITEM(parents, 0)};
    if (n == 2) arguments[2] = PyTuple_GET_ITEM(parents, 1);
    arguments[n + 1] = node, arguments[n + 2] = g;
    PyObject *rule = rows[PyLong_AsSsize_t(place)].rule;
    PyObject *answer = PyObject_Vectorcall(rule, arguments + 1, (size_t)(n + 2) | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    if (!answer && (PyErr_ExceptionMatches(PyExc_ArithmeticError) || PyErr_ExceptionMatches(PyExc_ValueError))) {
        PyErr_Clear();
        return PyObject_CallFunctionObjArgs(shares_after_error, op, parents, node, g, NULL);
    }
    if (!answer || n == 2) return answer;
    PyObject *share = PyTuple_Pack(1, answer);
    Py_DECREF(answer);
    return share;
}

typedef struct {
    Met met;
    int *waiting;                /* how many shares are to come to each, by its place; 0: it is nobody's parent */
    PyObject **nodes, **arrived; /* each node, and what has arrived at it */
    PyObject **parents;          /* of those in the order */
    Py_ssize_t space;
} Pass;

static int make_room(Pass *pass, Py_ssize_t place) {
    while (place >= pass->space) {
        Py_ssize_t space = 2 * pass->space + 1024, more = space - pass->space;
        int *waiting = PyMem_Realloc(pass->waiting, (size_t)space * sizeof *waiting);
        if (!waiting) return PyErr_NoMemory(), 0;
        memset((pass->waiting = waiting) + pass->space, 0, (size_t)more * sizeof *waiting);
        PyObject ***const columns[] = {&pass->nodes, &pass->arrived, &pass->parents};
        for (int k = 0; k < 3; k++) {
            PyObject **column = PyMem_Realloc(*columns[k], (size_t)space * sizeof *column);
            if (!column) return PyErr_NoMemory(), 0;
            memset((*columns[k] = column) + pass->space, 0, (size_t)more * sizeof *column);
        }
        pass->space = space;
    }
    return 1;
}

static Py_ssize_t place_met(Pass *pass, PyObject *o) { /* -1 after an error */
    if (meet(&pass->met, o) < 0) return -1;
    Py_ssize_t place = place_in(&pass->met, o);
    if (!make_room(pass, place)) return -1;
    pass->nodes[place] = o;
    return place;
}

static int count_shares(Pass *pass, PyObject *order) {
    for (Py_ssize_t k = 0; k < PyList_GET_SIZE(order); k++) {
        PyObject *node = PyList_GET_ITEM(order, k), *parents = parents_of(node);
        Py_ssize_t place = parents ? place_met(pass, node) : -1;
        if (place < 0) { Py_XDECREF(parents); return 0; }
        Py_XSETREF(pass->parents[place], parents);
        for (Py_ssize_t j = 0; j < PyTuple_GET_SIZE(parents); j++) {
            PyObject *x = PyTuple_GET_ITEM(parents, j);
            if (PyFloat_CheckExact(x)) continue;
            if ((place = place_met(pass, x)) < 0) return 0;
            pass->waiting[place]++;
        }
    }
    return 1;
}

static int hand_shares_down(Pass *pass, PyObject *node, Py_ssize_t place, PyObject *closure_of, Waiting *ready) {
    PyObject *parents = pass->parents[place] ? Py_NewRef(pass->parents[place]) : parents_of(node), *shares = NULL;
    if (!parents) return 0;
    int fine = 1, has_any = pass->arrived[place] != NULL;
    if (has_any) fine = (shares = handed_down(node, parents, pass->arrived[place], closure_of)) != NULL;
    if (fine && shares && (!PyTuple_Check(shares) || PyTuple_GET_SIZE(shares) != PyTuple_GET_SIZE(parents)))
        fine = 0, PyErr_Format(PyExc_ValueError, "a rule answers a share for each of its %zd inputs, not %R",
                               PyTuple_GET_SIZE(parents), shares);
    for (Py_ssize_t j = 0; fine && j < PyTuple_GET_SIZE(parents); j++) {
        PyObject *x = PyTuple_GET_ITEM(parents, j), *share = shares ? PyTuple_GET_ITEM(shares, j) : Py_None;
        Py_ssize_t at = place_in(&pass->met, x);
        if (at < 0 || !pass->waiting[at]) continue;
        if (share != Py_None) {
            PyObject *old = pass->arrived[at], *sum = old ? PyNumber_Add(old, share) : Py_NewRef(share);
            if (!sum) { fine = 0; break; }
            Py_XSETREF(pass->arrived[at], sum);
        }
        if (!--pass->waiting[at]) fine = wait_for(ready, x);
    }
    Py_DECREF(parents), Py_XDECREF(shares);
    return fine;
}

static int is_leaf(PyObject *node) { /* -1 after an error */
    if (is_number(node)) return ((Number *)node)->row == Py_None;
    PyObject *row = PyObject_GetAttrString(node, "_row");
    Py_XDECREF(row);
    return row ? row == Py_None : -1;
}

/* (order, pairs, closure_of): the dict of a ByNode, of the derivatives by every node. */
static PyObject *reverse_sweep(PyObject *module, PyObject *args) {
    PyObject *order, *arriving, *closure_of;
    if (!PyArg_ParseTuple(args, "O!O!O", &PyList_Type, &order, &PyList_Type, &arriving, &closure_of)) return NULL;
    Pass pass = {{0}};
    Waiting ready = {0};
    int fine = count_shares(&pass, order);
    for (Py_ssize_t k = 0; fine && k < PyList_GET_SIZE(arriving); k++) {
        PyObject *node, *g;
        fine = PyArg_ParseTuple(PyList_GET_ITEM(arriving, k), "OO", &node, &g);
        Py_ssize_t place = fine ? place_met(&pass, node) : -1;
        if ((fine = fine && place >= 0)) {
            Py_XSETREF(pass.arrived[place], Py_NewRef(g));
            if (!pass.waiting[place]) fine = wait_for(&ready, node);
        }
    }
    while (fine && ready.count) {
        PyObject *node = ready.at[--ready.count];
        int leaf_ = is_leaf(node);
        fine = leaf_ >= 0 && (leaf_ || hand_shares_down(&pass, node, place_in(&pass.met, node), closure_of, &ready));
    }
    PyObject *pairs = fine ? PyDict_New() : NULL;
    for (Py_ssize_t k = 0; pairs && k < pass.met.count; k++) {
        PyObject *node = pass.nodes[k], *g = pass.arrived[k];
        if (!g) continue;
        PyObject *key = PyLong_FromVoidPtr(node), *pair = PyTuple_Pack(2, node, g);
        if (!key || !pair || PyDict_SetItem(pairs, key, pair) < 0) Py_CLEAR(pairs);
        Py_XDECREF(key), Py_XDECREF(pair);
    }
    for (Py_ssize_t k = 0; k < pass.space; k++) Py_XDECREF(pass.arrived[k]), Py_XDECREF(pass.parents[k]);
    PyMem_Free(pass.waiting), PyMem_Free(pass.arrived), PyMem_Free(pass.parents);
    PyMem_Free(pass.nodes), PyMem_Free(ready.at);
    forgotten(&pass.met);
    return pairs;
}
