/* The steps of a trace as those of a block of a program: the twins of `first_steps`, `further_steps` and `known_steps` in
   compile/program.py. They go from one step to the next question, and answer its place. */

/* The operands by their numbers in the program: the same tuple if none has another one there. */
static PyObject *operands_in_program(PyObject *numbers, PyObject *rename) {
    Py_ssize_t n = PyTuple_GET_SIZE(numbers);
    PyObject *operands = NULL;
    for (Py_ssize_t k = 0; k < n; k++) {
        PyObject *other = PyDict_GetItemWithError(rename, PyTuple_GET_ITEM(numbers, k));
        if (!other && PyErr_Occurred()) { Py_XDECREF(operands); return NULL; }
        if (!other && !operands) continue;
        if (!operands) {
            if (!(operands = PyTuple_New(n))) return NULL;
            for (Py_ssize_t i = 0; i < k; i++) PyTuple_SET_ITEM(operands, i, Py_NewRef(PyTuple_GET_ITEM(numbers, i)));
        }
        PyTuple_SET_ITEM(operands, k, Py_NewRef(other ? other : PyTuple_GET_ITEM(numbers, k)));
    }
    return operands ? operands : Py_NewRef(numbers);
}

/* The step at that place of the trace; NULL at a question, and at the end. */
static inline PyObject *step_at(PyObject *steps, Py_ssize_t at) {
    PyObject *step = at < PyList_GET_SIZE(steps) ? PyList_GET_ITEM(steps, at) : NULL;
    return step && Py_IS_TYPE(step, computed_type) ? step : NULL;
}

static int added_step(PyObject *block, PyObject *step, PyObject *number, PyObject *operands) {
    PyObject *own = computed_type->tp_alloc(computed_type, 4);
    if (!own) return 0;
    PyTuple_SET_ITEM(own, 0, Py_NewRef(number)), PyTuple_SET_ITEM(own, 1, Py_NewRef(PyTuple_GET_ITEM(step, 1)));
    PyTuple_SET_ITEM(own, 2, Py_NewRef(operands)), PyTuple_SET_ITEM(own, 3, Py_NewRef(PyTuple_GET_ITEM(step, 3)));
    if (PyDict_Contains(row_of, PyTuple_GET_ITEM(step, 1)) == 1) PyObject_GC_UnTrack(own), PyObject_GC_UnTrack(operands);
    int fine = !PyErr_Occurred() && PyList_Append(block, own) == 0;
    Py_DECREF(own);
    return fine;
}

static PyObject *first_steps(PyObject *module, PyObject *args) {
    PyObject *steps, *rename, *block, *step;
    Py_ssize_t at;
    if (!PyArg_ParseTuple(args, "O!nO!O!", &PyList_Type, &steps, &at, &PyDict_Type, &rename, &PyList_Type, &block)) return NULL;
    for (; (step = step_at(steps, at)); at++) {
        PyObject *operands = operands_in_program(PyTuple_GET_ITEM(step, 2), rename);
        if (!operands) return NULL;
        int fine = operands == PyTuple_GET_ITEM(step, 2) ? PyList_Append(block, step) == 0
                                                         : added_step(block, step, PyTuple_GET_ITEM(step, 0), operands);
        Py_DECREF(operands);
        if (!fine) return NULL;
    }
    return PyLong_FromSsize_t(at);
}

static PyObject *further_steps(PyObject *module, PyObject *args) {
    PyObject *steps, *rename, *block, *step;
    Py_ssize_t at, count;
    if (!PyArg_ParseTuple(args, "O!nO!O!n", &PyList_Type, &steps, &at, &PyDict_Type, &rename, &PyList_Type, &block, &count)) return NULL;
    for (; (step = step_at(steps, at)); at++) {
        PyObject *operands = operands_in_program(PyTuple_GET_ITEM(step, 2), rename), *number = PyLong_FromSsize_t(count++);
        int fine = operands && number && added_step(block, step, number, operands) &&
                   PyDict_SetItem(rename, PyTuple_GET_ITEM(step, 0), number) == 0;
        Py_XDECREF(operands), Py_XDECREF(number);
        if (!fine) return NULL;
    }
    return Py_BuildValue("nn", at, count);
}

static PyObject *known_steps(PyObject *module, PyObject *args) {
    PyObject *steps, *rename, *block, *step;
    Py_ssize_t at;
    if (!PyArg_ParseTuple(args, "O!nO!O!", &PyList_Type, &steps, &at, &PyDict_Type, &rename, &PyList_Type, &block)) return NULL;
    for (Py_ssize_t k = 0; k < PyList_GET_SIZE(block); k++, at++) {
        PyObject *known = PyList_GET_ITEM(block, k);
        if (!(step = step_at(steps, at)) || PyTuple_GET_ITEM(known, 1) != PyTuple_GET_ITEM(step, 1)) return PyLong_FromLong(-1);
        PyObject *operands = operands_in_program(PyTuple_GET_ITEM(step, 2), rename);
        int same = operands ? PyObject_RichCompareBool(PyTuple_GET_ITEM(known, 2), operands, Py_EQ) : -1;
        Py_XDECREF(operands);
        if (same == 0) return PyLong_FromLong(-1);
        if (same < 0 || PyDict_SetItem(rename, PyTuple_GET_ITEM(step, 0), PyTuple_GET_ITEM(known, 0)) < 0) return NULL;
    }
    return PyLong_FromSsize_t(step_at(steps, at) ? -1 : at);
}
