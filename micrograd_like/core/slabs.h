/* Where Cells lie: one after the other in slabs, so that a graph is walked backwards through memory, and what comes next
   is fetched ahead.

   A slab has a list of its freed Cells, and behind them all that was never used. The slabs form a ring: the one that is
   filled now, those with room, then those that are full. Some empty ones are kept, because the operating system takes
   longer to hand out a page than we take to fill it. With -DSLAB=0 Python allocates each Cell by itself, so that a
   sanitizer sees it, and nobody knows all of them. */

#ifndef SLAB
#define SLAB (2 * 1024 * 1024) /* a large page */
#endif
#define KEPT 4 /* empty slabs: 8 MB */
#define AHEAD 2560 /* bytes: 32 cells */

#if defined(__GNUC__) || defined(__clang__)
#define fetch(p) (__builtin_prefetch((p), 1), __builtin_prefetch((char *)(p) + 64, 1))
#else
#define fetch(p) ((void)0)
#endif

#if SLAB
typedef struct Slab {
    struct Slab *next, *before;
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

static Slab *current;
static Py_ssize_t empty_count, slab_count;
#define FIRST(s) ((char *)(s) + sizeof(Slab))
#define HAS_FRESH(s) ((s)->fresh + sizeof(Cell) <= (char *)(s) + SLAB)
#define HAS_ROOM(s) ((s)->freed || HAS_FRESH(s))

static void unlink_slab(Slab *s) { s->before->next = s->next, s->next->before = s->before; }
static void link_slab(Slab *s) {
    s->before = current, s->next = current->next;
    s->before->next = s->next->before = s;
}

static Py_NO_INLINE int next_slab(void) {
    Slab *s = current ? current->next : NULL;
    if (!s || !HAS_ROOM(s)) {
        s = slab_malloc();
        if (!s) { PyErr_NoMemory(); return 0; }
        s->next = s->before = s, s->freed = NULL, s->fresh = FIRST(s), s->live = 0;
        slab_count++;
        if (current) link_slab(s);
    } else if (!s->live) {
        empty_count--;
    }
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
    if (s == current || empty_count++ < KEPT) return;
    empty_count--, slab_count--;
    unlink_slab(s);
    slab_free(s);
}

static inline void freed(Cell *v) {
    Slab *s = (Slab *)((uintptr_t)v & ~(uintptr_t)(SLAB - 1));
    if (s != current && !HAS_ROOM(s)) unlink_slab(s), link_slab(s);
    Py_SET_TYPE((PyObject *)v, NULL);
    v->a = s->freed, s->freed = v;
    if (--s->live == 0) emptied(s);
}
#else
static Py_ssize_t empty_count, slab_count;
static inline Cell *allocated(void) { return PyObject_Malloc(sizeof(Cell)); }
static inline void freed(Cell *v) { PyObject_Free(v); }
#endif
