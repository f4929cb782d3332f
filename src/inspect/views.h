/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The views of the inspector: a table of names, with what each shows. A request is one line, the
 * name of a view and its arguments: "ps", "caps client", "queues --json", "derivation --dot".
 */
#ifndef INSPECT_VIEWS_H
#define INSPECT_VIEWS_H

#include <inspect/inspection.h>
#include <inspect/report.h>

#define VIEW_REQUEST_BYTES 512
#define VIEW_PROBLEM_BYTES 256

/* What a view is shown with. */
struct view_call {
    const struct inspection *inspection;
    struct report *report;
    const char *operand; /* NULL: none was given */
    char *problem;       /* of VIEW_PROBLEM_BYTES: what is wrong with the operand */
};

enum view_operand { VIEW_TAKES_NOTHING, VIEW_MAY_TAKE, VIEW_MUST_TAKE };

struct view {
    const char *name;
    const char *operand; /* "THREAD", "" */
    const char *help;    /* one line */
    enum view_operand takes;
    bool has_graph;
    /* 0; -ENOMEM; -EINVAL with a sentence in call->problem. */
    int (*show)(const struct view_call *call);
};

extern const struct view view_table[];
extern const size_t view_count;

const struct view *view_find(const char *name); /* or NULL */

/*
 * Answers one request. 0; else nothing was written, and ret_problem holds a sentence: -EINVAL, the
 * request is wrong or the state is damaged; -ENOMEM.
 */
int view_answer(struct kernel *k, const struct inspect_host *host, const char *request,
                struct report_sink sink, char ret_problem[VIEW_PROBLEM_BYTES]);

/* Whether the request could be answered; else why not, in ret_problem. */
bool view_check(const char *request, char ret_problem[VIEW_PROBLEM_BYTES]);

/* A thread by its name, as "#SERIAL", "tcb#SERIAL" or its address; INDEX_NONE with a problem. */
uint32_t view_find_thread(const struct view_call *call);

/* Cells that several views have. */
void view_thread_cell(const struct view_call *call, uint32_t thread); /* INDEX_NONE: nothing */
void view_vspace_cell(const struct view_call *call, uint32_t vspace);
/* Where a slot is: "client:0x5", "client's VSpace root", "CNode 0x1000, slot 5". */
void view_place_cell(const struct view_call *call, uint32_t slot);

/* Of an object's owner: a VSpace by name, "shared", or nothing. */
void view_owner_cell(const struct view_call *call, uint32_t owner);
/* A capability in four cells: what it leads to, rights, badge, details. */
#define VIEW_CAP_COLUMNS                                                                           \
    {"capability", REPORT_LEFT}, {"rights", REPORT_LEFT}, {"badge", REPORT_LEFT},                  \
    {                                                                                              \
        "details", REPORT_LEFT                                                                     \
    }
/* depth: in a tree, else 0. */
void view_cap_cells(const struct view_call *call, union cap cap, unsigned depth);
/* The operand as an object's address; 0: there is none, *ret_error is 0 or -EINVAL. */
paddr_t view_object_operand(const struct view_call *call, int *ret_error);

/* Each in the file of its name or of its neighbour. */
int view_ps(const struct view_call *call);
int view_processes(const struct view_call *call);
int view_caps(const struct view_call *call);
int view_slots(const struct view_call *call); /* caps.c */
int view_untyped(const struct view_call *call);
int view_objects(const struct view_call *call);
int view_schedule(const struct view_call *call);
int view_mappings(const struct view_call *call);
int view_derivation(const struct view_call *call);
int view_queues(const struct view_call *call);
int view_deadlocks(const struct view_call *call); /* queues.c */
/* The table of runnable threads, for two of them. */
void view_ready_table(const struct view_call *call);

#endif
