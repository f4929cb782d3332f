/* SPDX-License-Identifier: BSD-2-Clause */
/* Whom the line of an error names: who took the right that is missing, and nobody else. */
#include <test.h>

#include <trace/testkit_trace.h>

#include <string.h>

#include <abi/bootinfo.h>

enum { EP = 200, COPY, COPY_OF_COPY };

static const char *call_line(struct traced *t, struct traced_call call)
{
    traced_take(t);
    traced_syscall(t, call);
    return traced_take(t);
}

static void remove_cap(struct traced *t, cptr_t slot)
{
    traced_syscall(
        t, (struct traced_call){.cap = INITIAL_CAP_CNODE, CALL(CNODE_DELETE), WORDS(slot, 64)});
}

static void copy(struct traced *t, cptr_t to, cptr_t from, word_t rights)
{
    traced_syscall(t, (struct traced_call){.cap = INITIAL_CAP_CNODE,
                                           CALL(CNODE_COPY),
                                           WORDS(to, 64, from, 64, rights),
                                           EXTRA(INITIAL_CAP_CNODE)});
}

static void make_endpoint(struct traced *t)
{
    guest_invoke(&t->g, (struct guest_call){
                            .cap = INITIAL_CAP_CNODE,
                            .method = INV_CNODE_MOVE,
                            WORDS(EP, 64, guest_make(&t->g, OBJECT_ENDPOINT, 0), 64),
                            EXTRA(INITIAL_CAP_CNODE),
                        });
}

static const char *called(struct traced *t, cptr_t cap)
{
    return call_line(t, (struct traced_call){.syscall = SYSCALL_CALL, .cap = cap});
}

#define TAKEN " (the invoked one, rights r--- of rwgp, by rootserver's CNode_Copy at 0.000001; "

TEST(a_call_without_the_right_names_who_took_it)
{
    struct traced *t = traced_boot();
    make_endpoint(t);
    copy(t, COPY, EP, RIGHT_READ);
    CHECK(strstr(called(t, COPY), "= InvalidCapability" TAKEN "Attempted") != NULL);
    traced_end(t);
}

TEST(a_copy_of_the_copy_has_its_rights_from_the_same)
{
    struct traced *t = traced_boot();
    make_endpoint(t);
    copy(t, COPY, EP, RIGHT_READ);
    copy(t, COPY_OF_COPY, COPY, RIGHTS_ALL);
    CHECK(strstr(called(t, COPY_OF_COPY), TAKEN) != NULL);
    traced_end(t);
}

TEST(of_what_the_slot_held_before_nothing_is_said)
{
    struct traced *t = traced_boot();
    make_endpoint(t);
    copy(t, COPY, EP, RIGHT_READ);
    guest_slot(&t->g, COPY)->cap.endpoint.badge = 7; /* another capability */
    CHECK(strstr(called(t, COPY), "(the invoked one; Attempted") != NULL);
    traced_end(t);
}

TEST(the_same_slot_filled_again_has_a_new_origin)
{
    struct traced *t = traced_boot();
    make_endpoint(t);
    copy(t, COPY, EP, RIGHT_READ);
    remove_cap(t, COPY);
    copy(t, COPY, EP, RIGHT_READ);
    CHECK(strstr(called(t, COPY), "rights r--- of rwgp, by rootserver's CNode_Copy at 0.000003") !=
          NULL);
    traced_end(t);
}

TEST(a_copy_that_failed_has_taken_nothing)
{
    struct traced *t = traced_boot();
    make_endpoint(t);
    guest_slot(&t->g, EP)->cap.endpoint.rights = RIGHT_READ;
    copy(t, EP, EP, 0);
    CHECK(strstr(called(t, EP), "(the invoked one; Attempted") != NULL);
    traced_end(t);
}

TEST(a_call_that_nobody_can_answer_is_an_error_with_an_origin)
{
    const struct trace_options options = {.errors_only = true};
    struct traced *t = traced_boot_with_options(kernel_config_default(), &options);
    make_endpoint(t);
    copy(t, COPY, EP, RIGHT_WRITE);
    cptr_t server = traced_thread(t, "server", 255, 0);
    traced_syscall(t, (struct traced_call){.cap = server, CALL(TCB_RESUME)});
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_YIELD});
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_RECV, .cap = EP});
    CHECK(strstr(called(t, COPY), "lets nobody reply; rights -w-- of rwgp, by rootserver's") !=
          NULL);
    traced_end(t);
}
