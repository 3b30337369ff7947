/* A recorded program, run by a loop over its steps: what `compile/loop.py` makes of a Program, with Python's bits and Python's
   errors. Numbers lie in an array: those of the arguments, of the Values that it closes over, then constants and what steps
   compute, as they came. Where a row has no finite answer, Python's own function of the row is asked, which raises or knows
   better. With each way that is recorded later the loop grows by its new blocks. */

enum { /* what a step does, beside the rows of rows.h */
    LOOP_LT = PYTHON_N, LOOP_LE, LOOP_EQ, LOOP_NE, LOOP_GT, LOOP_GE, LOOP_WHERE, LOOP_CALL
};
enum { FLOAT_KIND, INT_KIND, BOOL_KIND }; /* of a number as Python has it: ints are exact here, up to 2 ** 53 */

typedef struct { int32_t row, out, a, b, c; } LoopStep; /* `a` of a call is its place among the calls */
typedef struct { PyObject *op, *value; int32_t *operands, count; } LoopCall;
typedef struct {
    int32_t first, last;      /* its steps */
    LoopStep question;        /* its `row` is -1 if the block answers */
    PyObject *outcomes;       /* a dict: of each outcome the place of the block that it leads to */
    int32_t yes, no, answer;  /* the same of True and False, -1: not recorded; and which answer */
} LoopBlock;
typedef struct { PyObject *tree, *literals; int32_t *places, count; } LoopAnswer; /* without a tree it is a list */

typedef struct {
    PyObject_HEAD
    vectorcallfunc call;
    PyObject *codes;          /* of operations that are no rows of rows.h */
    PyObject *constants;      /* their places, by the addresses of their Literals */
    PyObject *leaf, *trouble; /* what stands for a number in trees; who answers where Python would raise, or NULL: nobody */
    PyObject *layouts;        /* of each argument of a call: None, a number; or the type and the length of what holds some */
    LoopStep *steps;
    LoopCall *calls;
    LoopBlock *blocks;
    LoopAnswer *answers;
    double *numbers;
    char *kinds;
    int32_t *places;          /* of the numbers of the program's steps, that after the inputs first */
    int32_t step_count, call_count, block_count, answer_count, inputs, closed, count, known;
    int32_t step_space, call_space, block_space, answer_space, space, kind_space, place_space;
    int busy; /* how many runs go on: what a row asks of Python may call this very program, or another thread */
} Loop;

static PyTypeObject *loop_type;

static int more(void **at, int32_t *space, int32_t count, size_t size) {
    if (count < *space) return 1;
    int32_t wanted = 2 * *space + 64;
    void *new = PyMem_Realloc(*at, (size_t)wanted * size);
    if (!new) return PyErr_NoMemory(), 0;
    *at = new, *space = wanted;
    return 1;
}

/* ---- how it is made */

enum { ERROR = -1, UNFIT = -2 }; /* in place of a place: no loop can take what has none that fits */

/* A new number of this kind: its place. */
static int32_t new_number(Loop *loop, double x, int kind) {
    if (!more((void **)&loop->numbers, &loop->space, loop->count, sizeof *loop->numbers) ||
        !more((void **)&loop->kinds, &loop->kind_space, loop->count, 1)) return ERROR;
    loop->numbers[loop->count] = x, loop->kinds[loop->count] = (char)kind;
    return loop->count++;
}

static int32_t place_of_constant(Loop *loop, PyObject *literal) {
    PyObject *address = PyLong_FromVoidPtr(literal); /* a program has one Literal for each constant */
    PyObject *known = address ? PyDict_GetItemWithError(loop->constants, address) : NULL, *data, *place;
    int32_t found = known ? (int32_t)PyLong_AsLong(known) : ERROR;
    if (known || PyErr_Occurred() || !(data = PyObject_GetAttrString(literal, "data"))) goto out;
    double x;
    int fits = plain(data, &x), is_int = PyLong_CheckExact(data);
    Py_DECREF(data);
    found = fits ? new_number(loop, x, is_int ? INT_KIND : FLOAT_KIND) : UNFIT;
    if (found < 0) goto out;
    if (!(place = PyLong_FromLong(found)) || PyDict_SetItem(loop->constants, address, place) < 0) found = ERROR;
    Py_XDECREF(place);
out:
    Py_XDECREF(address);
    return found;
}

static int32_t place_of_operand(Loop *loop, PyObject *operand) {
    if (!PyLong_CheckExact(operand)) return place_of_constant(loop, operand);
    long k = PyLong_AsLong(operand);
    if (k < loop->inputs) return (int32_t)(k < 0 ? loop->inputs - 1 - k : k);
    return k - loop->inputs < loop->known ? loop->places[k - loop->inputs] : UNFIT;
}

/* The place of what a step computes, by the step's number, which is greater than all before. */
static int32_t place_of_step(Loop *loop, PyObject *number) {
    int32_t k = (int32_t)PyLong_AsLong(number) - loop->inputs;
    while (loop->known <= k) {
        if (!more((void **)&loop->places, &loop->place_space, loop->known, sizeof *loop->places)) return ERROR;
        loop->places[loop->known++] = UNFIT;
    }
    return loop->places[k] = new_number(loop, 0, FLOAT_KIND);
}

static int is_infix(int32_t row) {
    return (R_add <= row && row <= R_mod) || row == R_pow || row == R_pow_const || (R_neg <= row && row <= R_abs);
}

/* One step or question; 1, 0 after an error, -1 if no loop can take it. */
static int made_step(Loop *loop, PyObject *op, PyObject *operands, LoopStep *step) {
    PyObject *code = PyDict_GetItemWithError(row_of, op);
    if (!code && !PyErr_Occurred()) code = PyDict_GetItemWithError(loop->codes, op);
    if (PyErr_Occurred()) return 0;
    Py_ssize_t n = PyTuple_GET_SIZE(operands);
    int32_t places[3] = {0}, row = code ? (int32_t)PyLong_AsLong(code) : LOOP_CALL;
    int floats = 0, ints = 0;
    for (Py_ssize_t k = 0; k < n; k++) {
        int32_t place = place_of_operand(loop, PyTuple_GET_ITEM(operands, k));
        if (place < 0) return place == ERROR ? 0 : -1;
        if (k < 3) places[k] = place;
        if (k || row != LOOP_WHERE) loop->kinds[place] == FLOAT_KIND ? floats++ : ints++;
    }
    int is_comparison = LOOP_LT <= row && row <= LOOP_GE;
    if (ints && !floats && is_infix(row) && row != R_truediv && row != R_pos) return -1; /* an int, of any length */
    if (n > 3 || (ints && !is_comparison && !is_infix(row))) row = LOOP_CALL;
    *step = (LoopStep){row, step->out, places[0], places[1], places[2]};
    if (row != LOOP_CALL) return 1;
    if (!more((void **)&loop->calls, &loop->call_space, loop->call_count, sizeof *loop->calls)) return 0;
    LoopCall *call = &loop->calls[loop->call_count];
    *call = (LoopCall){NULL, NULL, PyMem_Malloc((size_t)(n + 1) * sizeof(int32_t)), (int32_t)n};
    step->a = loop->call_count++;
    call->op = Py_NewRef(op), call->value = PyObject_GetAttrString(op, "value");
    if (!call->value || !call->operands) return 0;
    for (Py_ssize_t k = 0; k < n; k++) call->operands[k] = place_of_operand(loop, PyTuple_GET_ITEM(operands, k));
    return 1;
}

/* Where the answers to the block's question lead to; 0 after an error. */
static int can_lead(LoopBlock *block, PyObject *outcomes) {
    PyObject *yes = PyDict_GetItemWithError(outcomes, Py_True), *no = PyDict_GetItemWithError(outcomes, Py_False);
    block->yes = yes ? (int32_t)PyLong_AsLong(yes) : -1, block->no = no ? (int32_t)PyLong_AsLong(no) : -1;
    Py_XSETREF(block->outcomes, Py_NewRef(outcomes));
    return !PyErr_Occurred();
}

static int made_block(Loop *loop, PyObject *description, LoopBlock *block) {
    PyObject *steps, *question, *operands, *outcomes;
    int answer;
    if (!PyArg_ParseTuple(description, "O!OO!O!i", &PyList_Type, &steps, &question, &PyTuple_Type, &operands, &PyDict_Type,
                          &outcomes, &answer)) return 0;
    *block = (LoopBlock){loop->step_count, loop->step_count, {-1}, Py_NewRef(outcomes), -1, -1, answer};
    for (Py_ssize_t k = 0; k < PyList_GET_SIZE(steps); k++) {
        PyObject *entry = PyList_GET_ITEM(steps, k); /* number, op, operands, letter */
        if (!more((void **)&loop->steps, &loop->step_space, loop->step_count, sizeof *loop->steps)) return 0;
        LoopStep *step = &loop->steps[loop->step_count];
        int made = made_step(loop, PyTuple_GET_ITEM(entry, 1), PyTuple_GET_ITEM(entry, 2), step);
        if (made <= 0) return made;
        if ((step->out = place_of_step(loop, PyTuple_GET_ITEM(entry, 0))) < 0) return 0;
        int is_comparison = LOOP_LT <= step->row && step->row <= LOOP_GE, is_int = step->row == R_pos && loop->kinds[step->a];
        loop->kinds[step->out] = is_comparison ? BOOL_KIND : is_int ? INT_KIND : FLOAT_KIND;
        loop->step_count++;
    }
    block->last = loop->step_count;
    if (question == Py_None) return 1;
    return can_lead(block, outcomes) ? made_step(loop, question, operands, &block->question) : 0;
}

static int made_answer(Loop *loop, PyObject *description, LoopAnswer *answer) {
    PyObject *tree, *outputs;
    if (!PyArg_ParseTuple(description, "OO!", &tree, &PyList_Type, &outputs)) return 0;
    Py_ssize_t n = PyList_GET_SIZE(outputs);
    *answer = (LoopAnswer){tree == Py_None ? NULL : Py_NewRef(tree), PyList_New(n), PyMem_Malloc((size_t)(n + 1) * sizeof(int32_t)), (int32_t)n};
    if (!answer->literals || !answer->places) return 0;
    for (Py_ssize_t k = 0; k < n; k++) {
        PyObject *output = PyList_GET_ITEM(outputs, k);
        int is_number = PyLong_CheckExact(output);
        PyObject *literal = is_number ? Py_NewRef(Py_None) : PyObject_GetAttrString(output, "data");
        if (!literal) return 0;
        PyList_SET_ITEM(answer->literals, k, literal);
        answer->places[k] = is_number ? place_of_operand(loop, output) : -1;
    }
    return 1;
}

static PyObject *loop_call(PyObject *self, PyObject *const *args, size_t flags, PyObject *kwnames);

/* Add blocks and answers: 1, 0 after an error, -1 if no loop can take them. */
static int grew(Loop *loop, PyObject *blocks, PyObject *answers) {
    int made = 1;
    for (Py_ssize_t k = 0; made > 0 && k < PyList_GET_SIZE(blocks); k++) {
        if (!more((void **)&loop->blocks, &loop->block_space, loop->block_count, sizeof *loop->blocks)) return 0;
        LoopBlock *block = &loop->blocks[loop->block_count++];
        *block = (LoopBlock){0};
        made = made_block(loop, PyList_GET_ITEM(blocks, k), block);
    }
    for (Py_ssize_t k = 0; made > 0 && k < PyList_GET_SIZE(answers); k++) {
        if (!more((void **)&loop->answers, &loop->answer_space, loop->answer_count, sizeof *loop->answers)) return 0;
        LoopAnswer *answer = &loop->answers[loop->answer_count++];
        *answer = (LoopAnswer){0};
        made = made_answer(loop, PyList_GET_ITEM(answers, k), answer);
    }
    return made;
}

/* loop_of(kinds, closed, blocks, answers, codes, leaf, trouble, layouts); NotImplemented if no loop can take the program. */
static PyObject *loop_of(PyObject *module, PyObject *args) {
    PyObject *kinds, *blocks, *answers, *codes, *leaf_, *trouble, *layouts;
    int closed, made = 1;
    if (!PyArg_ParseTuple(args, "O!iO!O!O!OOO!", &PyBytes_Type, &kinds, &closed, &PyList_Type, &blocks, &PyList_Type, &answers,
                          &PyDict_Type, &codes, &leaf_, &trouble, &PyTuple_Type, &layouts)) return NULL;
    Loop *loop = (Loop *)loop_type->tp_alloc(loop_type, 0);
    if (!loop) return NULL;
    loop->call = loop_call, loop->leaf = Py_NewRef(leaf_), loop->trouble = trouble == Py_None ? NULL : Py_NewRef(trouble);
    loop->layouts = Py_NewRef(layouts), loop->codes = Py_NewRef(codes), loop->constants = PyDict_New();
    loop->inputs = (int32_t)PyBytes_GET_SIZE(kinds), loop->closed = closed;
    for (int32_t k = 0; made && k < loop->inputs + closed; k++)
        made = new_number(loop, 0, k < loop->inputs ? PyBytes_AS_STRING(kinds)[k] : FLOAT_KIND) >= 0;
    made = made && loop->constants ? grew(loop, blocks, answers) : 0;
    if (made > 0) return (PyObject *)loop;
    Py_DECREF(loop);
    return made ? Py_NewRef(Py_NotImplemented) : NULL;
}

/* grow(fork, outcomes, blocks, answers): add the blocks of a way that leaves the known ones at block `fork`, whose answers
   lead now to these places; False if it cannot be done, as while a run goes on. */
static PyObject *loop_grow(PyObject *self, PyObject *args) {
    Loop *loop = (Loop *)self;
    PyObject *outcomes, *blocks, *answers;
    int fork;
    if (!PyArg_ParseTuple(args, "iO!O!O!", &fork, &PyDict_Type, &outcomes, &PyList_Type, &blocks, &PyList_Type, &answers)) return NULL;
    if (loop->busy || fork < 0 || fork >= loop->block_count) Py_RETURN_FALSE;
    int made = grew(loop, blocks, answers);
    if (!made || (made > 0 && !can_lead(&loop->blocks[fork], outcomes))) return NULL;
    return PyBool_FromLong(made > 0);
}

/* ---- how it runs */

static PyObject *as_python(double x, char kind) {
    return kind == FLOAT_KIND ? PyFloat_FromDouble(x) : kind == INT_KIND ? PyLong_FromDouble(x) : PyBool_FromLong(x != 0);
}

static PyObject *called_python(Loop *loop, LoopCall *call, double *v, PyObject *trouble) {
    PyObject *operands[8], **at = call->count <= 7 ? operands : PyMem_Malloc(((size_t)call->count + 1) * sizeof *at);
    if (!at) return PyErr_NoMemory();
    int32_t n = 0;
    at[0] = trouble ? call->op : NULL;
    while (n < call->count && (at[n + 1] = as_python(v[call->operands[n]], loop->kinds[call->operands[n]]))) n++;
    PyObject *answer = NULL;
    if (n == call->count)
        answer = trouble ? PyObject_Vectorcall(trouble, at, (size_t)n + 1, NULL)
                         : PyObject_Vectorcall(call->value, at + 1, (size_t)n | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    for (int32_t k = 0; k < n; k++) Py_DECREF(at[k + 1]);
    if (at != operands) PyMem_Free(at);
    return answer;
}

/* What Python's own function of the row answers, where it is not finite here: 1, 0 after an error, -1: no float. */
static int asked_python(Loop *loop, const LoopStep *s, double *v) {
    PyObject *answer;
    if (s->row == LOOP_CALL) {
        answer = called_python(loop, &loop->calls[s->a], v, loop->trouble);
    } else {
        PyObject *op = rows[s->row].op;
        LoopCall call = {op, PyObject_GetAttrString(op, "value"), (int32_t[]){s->a, s->b}, s->row < R_add ? 1 : 2};
        answer = call.value ? called_python(loop, &call, v, loop->trouble) : NULL;
        Py_XDECREF(call.value);
    }
    if (!answer) return 0;
    int is_float = PyFloat_CheckExact(answer);
    if (is_float) v[s->out] = PyFloat_AS_DOUBLE(answer);
    Py_DECREF(answer);
    return is_float ? 1 : -1;
}

/* The place of the block that an answer to the block's question leads to; -1: not recorded; -2 after an error. */
static int32_t led_to(Loop *loop, const LoopBlock *block, double *v) {
    const LoopStep *q = &block->question;
    double x = v[q->a], y = v[q->b];
    switch (q->row) {
    case LOOP_LT: return x < y ? block->yes : block->no;
    case LOOP_LE: return x <= y ? block->yes : block->no;
    case LOOP_EQ: return x == y ? block->yes : block->no;
    case LOOP_NE: return x != y ? block->yes : block->no;
    case LOOP_GT: return x > y ? block->yes : block->no;
    case LOOP_GE: return x >= y ? block->yes : block->no;
    }
    LoopCall *call = &loop->calls[q->a];
    PyObject *outcome = called_python(loop, call, v, NULL); /* a question is asked as it stands */
    PyObject *place = outcome ? PyDict_GetItemWithError(block->outcomes, outcome) : NULL;
    Py_XDECREF(outcome);
    return place ? (int32_t)PyLong_AsLong(place) : PyErr_Occurred() ? -2 : -1;
}

/* Run the steps of a block: 1, 0 after an error, -1: no float. */
static int run_steps(Loop *loop, const LoopBlock *block, double *v) {
    const LoopStep *s = loop->steps + block->first, *end = loop->steps + block->last;
    for (; s < end; s++) {
        double x = v[s->a], y = v[s->b], out;
        int raises = 0;
        switch (s->row) {
#define RUN_1(name, raises_, ...) case R_##name: out = v_##name(x); raises = raises_; break;
#define RUN_2(name, raises_, ...) case R_##name: out = v_##name(x, y); raises = raises_; break;
        ROWS_1(RUN_1)
        ROWS_2(RUN_2)
        case LOOP_LT: out = x < y; break;
        case LOOP_LE: out = x <= y; break;
        case LOOP_EQ: out = x == y; break;
        case LOOP_NE: out = x != y; break;
        case LOOP_GT: out = x > y; break;
        case LOOP_GE: out = x >= y; break;
        case LOOP_WHERE: out = x != 0 ? y : v[s->c]; break;
        default: out = NAN, raises = 1;
        }
        if (raises && !isfinite(out)) {
            int asked = asked_python(loop, s, v);
            if (asked <= 0) return asked;
        } else v[s->out] = out;
    }
    return 1;
}

static PyObject *built(Loop *loop, PyObject *tree, PyObject *numbers, Py_ssize_t *place) {
    if (tree == loop->leaf) return Py_NewRef(PyList_GET_ITEM(numbers, (*place)++));
    PyObject *made = NULL, *key, *branch;
    Py_ssize_t n, at = 0;
    if (PyList_CheckExact(tree)) {
        made = PyList_New(n = PyList_GET_SIZE(tree));
        for (Py_ssize_t k = 0; made && k < n; k++) {
            if (!(branch = built(loop, PyList_GET_ITEM(tree, k), numbers, place))) Py_CLEAR(made);
            else PyList_SET_ITEM(made, k, branch);
        }
    } else if (PyTuple_CheckExact(tree)) {
        made = PyTuple_New(n = PyTuple_GET_SIZE(tree));
        for (Py_ssize_t k = 0; made && k < n; k++) {
            if (!(branch = built(loop, PyTuple_GET_ITEM(tree, k), numbers, place))) Py_CLEAR(made);
            else PyTuple_SET_ITEM(made, k, branch);
        }
    } else if (PyDict_CheckExact(tree)) {
        made = PyDict_New();
        while (made && PyDict_Next(tree, &at, &key, &branch)) {
            PyObject *y = built(loop, branch, numbers, place);
            if (!y || PyDict_SetItem(made, key, y) < 0) Py_CLEAR(made);
            Py_XDECREF(y);
        }
    } else {
        made = Py_NewRef(tree); /* text, None, a truth, an int */
    }
    return made;
}

static PyObject *answered(Loop *loop, const LoopBlock *block, double *v) {
    LoopAnswer *answer = &loop->answers[block->answer];
    PyObject *numbers = PyList_New(answer->count);
    for (int32_t k = 0; numbers && k < answer->count; k++) {
        int32_t at = answer->places[k];
        PyObject *y = at < 0 ? Py_NewRef(PyList_GET_ITEM(answer->literals, k)) : as_python(v[at], loop->kinds[at]);
        if (!y) { Py_CLEAR(numbers); break; }
        PyList_SET_ITEM(numbers, k, y);
    }
    if (!numbers || answer->tree) {
        Py_ssize_t place = 0;
        PyObject *tree = numbers ? built(loop, answer->tree, numbers, &place) : NULL;
        Py_XDECREF(numbers);
        return tree;
    }
    PyObject *pair = Py_BuildValue("iN", (int)block->answer, numbers);
    return pair;
}

/* The answer to numbers that lie in the array; NotImplemented if no loop can take the program; LookupError: not recorded. */
static PyObject *run_loop(Loop *loop, double *v) {
    int32_t place = 0;
    for (;;) {
        const LoopBlock *block = &loop->blocks[place];
        int ran = run_steps(loop, block, v);
        if (ran <= 0) return ran ? Py_NewRef(Py_NotImplemented) : NULL;
        if (block->question.row < 0) {
            if (block->answer >= 0) return answered(loop, block, v);
            place = -1;
        } else {
            place = led_to(loop, block, v);
        }
        if (place < 0) {
            if (!PyErr_Occurred()) PyErr_SetString(PyExc_LookupError, "this way was not recorded");
            return NULL;
        }
    }
}

/* Take numbers, from place k on; whether they are of the kinds that the program is for. */
static int took(Loop *loop, double *v, Py_ssize_t k, PyObject *const *given, Py_ssize_t n) {
    for (; n; n--, k++, given++) {
        int kind = PyFloat_CheckExact(*given) ? FLOAT_KIND : INT_KIND;
        if (!plain(*given, v + k) || kind != loop->kinds[k]) return 0;
    }
    return 1;
}

/* Take the arguments of a call, some of which are lists or tuples; two that are one the function could tell from two equal ones. */
static int took_arguments(Loop *loop, double *v, PyObject *const *args, Py_ssize_t n) {
    Py_ssize_t place = 0;
    if (n != PyTuple_GET_SIZE(loop->layouts)) return 0;
    for (Py_ssize_t k = 0; k < n; k++) {
        PyObject *layout = PyTuple_GET_ITEM(loop->layouts, k), *x = args[k];
        Py_ssize_t count = layout == Py_None ? 1 : PyLong_AsSsize_t(PyTuple_GET_ITEM(layout, 1));
        if (layout == Py_None) {
            if (place >= loop->inputs || !took(loop, v, place, &x, 1)) return 0;
        } else {
            if ((PyObject *)Py_TYPE(x) != PyTuple_GET_ITEM(layout, 0) || PySequence_Fast_GET_SIZE(x) != count || place + count > loop->inputs) return 0;
            for (Py_ssize_t i = 0; i < k; i++) if (args[i] == x) return 0;
            if (!took(loop, v, place, PySequence_Fast_ITEMS(x), count)) return 0;
        }
        place += count;
    }
    return place == loop->inputs;
}

/* Run with the arguments of a call; or, where `closed` is a list, with the numbers of the arguments and those of the Values. */
static PyObject *run_with(Loop *loop, PyObject *const *given, Py_ssize_t n, PyObject *closed) {
    Py_ssize_t m = closed ? PyList_GET_SIZE(closed) : 0;
    if (m != loop->closed || (closed && n != loop->inputs))
        return PyErr_Format(PyExc_TypeError, "the program takes %d numbers and %d Values, not %zd and %zd", (int)loop->inputs, (int)loop->closed, n, m);
    double *v = loop->numbers;
    int is_own = !loop->busy;
    if (!is_own) {
        if (!(v = PyMem_Malloc((size_t)loop->count * sizeof *v))) return PyErr_NoMemory();
        memcpy(v, loop->numbers, (size_t)loop->count * sizeof *v); /* for its constants */
    }
    int fine = closed ? took(loop, v, 0, given, n) && took(loop, v, n, PySequence_Fast_ITEMS(closed), m)
                      : took_arguments(loop, v, given, n);
    if (!fine) {
        if (!is_own) PyMem_Free(v);
        Py_RETURN_NOTIMPLEMENTED;
    }
    loop->busy++;
    PyObject *answer = run_loop(loop, v);
    loop->busy--;
    if (!is_own) PyMem_Free(v);
    return answer;
}

static PyObject *loop_call(PyObject *self, PyObject *const *args, size_t flags, PyObject *kwnames) {
    if (kwnames && PyTuple_GET_SIZE(kwnames)) return PyErr_Format(PyExc_TypeError, "a loop takes numbers by position");
    PyObject *answer = run_with((Loop *)self, args, PyVectorcall_NARGS(flags), NULL);
    if (answer != Py_NotImplemented) return answer;
    Py_DECREF(answer);
    return PyErr_Format(PyExc_LookupError, "these numbers are for no loop");
}

/* run(numbers, closed): lists. */
static PyObject *loop_run(PyObject *self, PyObject *args) {
    PyObject *numbers, *closed;
    if (!PyArg_ParseTuple(args, "O!O!", &PyList_Type, &numbers, &PyList_Type, &closed)) return NULL;
    return run_with((Loop *)self, PySequence_Fast_ITEMS(numbers), PyList_GET_SIZE(numbers), closed);
}

static int loop_traverse(PyObject *self, visitproc visit, void *arg) {
    Loop *loop = (Loop *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(loop->leaf);
    Py_VISIT(loop->codes);
    Py_VISIT(loop->layouts);
    Py_VISIT(loop->trouble);
    for (int32_t k = 0; k < loop->call_count; k++) {
        Py_VISIT(loop->calls[k].op);
        Py_VISIT(loop->calls[k].value);
    }
    for (int32_t k = 0; k < loop->block_count; k++) Py_VISIT(loop->blocks[k].outcomes);
    for (int32_t k = 0; k < loop->answer_count; k++) {
        Py_VISIT(loop->answers[k].tree);
        Py_VISIT(loop->answers[k].literals);
    }
    return 0;
}

static int loop_clear(PyObject *self) {
    Loop *loop = (Loop *)self;
    int32_t calls = loop->call_count, blocks = loop->block_count, answers = loop->answer_count;
    loop->call_count = loop->block_count = loop->answer_count = 0;
    Py_CLEAR(loop->leaf);
    Py_CLEAR(loop->codes);
    Py_CLEAR(loop->constants);
    Py_CLEAR(loop->trouble);
    Py_CLEAR(loop->layouts);
    for (int32_t k = 0; k < calls; k++) {
        Py_XDECREF(loop->calls[k].op), Py_XDECREF(loop->calls[k].value);
        PyMem_Free(loop->calls[k].operands);
    }
    for (int32_t k = 0; k < blocks; k++) Py_XDECREF(loop->blocks[k].outcomes);
    for (int32_t k = 0; k < answers; k++) {
        Py_XDECREF(loop->answers[k].tree), Py_XDECREF(loop->answers[k].literals);
        PyMem_Free(loop->answers[k].places);
    }
    return 0;
}

static void loop_dealloc(PyObject *self) {
    Loop *loop = (Loop *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    loop_clear(self);
    PyMem_Free(loop->steps), PyMem_Free(loop->calls), PyMem_Free(loop->blocks), PyMem_Free(loop->answers);
    PyMem_Free(loop->numbers), PyMem_Free(loop->kinds), PyMem_Free(loop->places);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef loop_methods[] = {{"run", loop_run, METH_VARARGS}, {"grow", loop_grow, METH_VARARGS}, {NULL}};
static PyMemberDef loop_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Loop, call), READONLY, NULL},
    {"inputs", T_INT, offsetof(Loop, inputs), READONLY, NULL}, {"steps", T_INT, offsetof(Loop, step_count), READONLY, NULL}, {NULL}
};
static PyType_Slot loop_slots[] = {
    {Py_tp_dealloc, loop_dealloc}, {Py_tp_traverse, loop_traverse}, {Py_tp_clear, loop_clear}, {Py_tp_call, PyVectorcall_Call},
    {Py_tp_methods, loop_methods}, {Py_tp_members, loop_members}, {0}
};
static PyType_Spec loop_spec = {
    "micrograd_like.core._cell.Loop", sizeof(Loop), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_DISALLOW_INSTANTIATION, loop_slots
};
