/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include <host/host.h>

enum host_call {
#define HOST_CALL(name, ...)    CALL_##name,
#define HOST_LIBRARY_CALL(name) CALL_##name,
#include <host/host_calls.def>
#undef HOST_CALL
#undef HOST_LIBRARY_CALL
    CALL_COUNT,
};

struct call_state {
    const char *name;
    atomic_uint_fast64_t count;
    atomic_uint_fast64_t fail_at; /* value of count; 0: every call */
    atomic_int fail_error;        /* 0: no injection */
    atomic_bool happened;
    atomic_int last_error;          /* negative errno of its last failure */
    atomic_uint_fast64_t failed_as; /* which failure of all calls that was */
};

static struct call_state calls[CALL_COUNT] = {
#define HOST_CALL(call, ...)    [CALL_##call] = {.name = #call},
#define HOST_LIBRARY_CALL(call) [CALL_##call] = {.name = #call},
#include <host/host_calls.def>
#undef HOST_CALL
#undef HOST_LIBRARY_CALL
};

static atomic_uint_fast64_t failures;

/* 0, or the negative errno that the call is to fail with. */
static int call_enter(enum host_call which)
{
    struct call_state *call = &calls[which];
    uint64_t count = atomic_fetch_add_explicit(&call->count, 1, memory_order_relaxed) + 1;
    int error = atomic_load_explicit(&call->fail_error, memory_order_relaxed);

    if (!error)
        return 0;
    uint64_t fail_at = atomic_load_explicit(&call->fail_at, memory_order_relaxed);
    if (fail_at && fail_at != count)
        return 0;
    atomic_store(&call->happened, true);
    return -error;
}

static long call_leave(enum host_call which, long result)
{
    if (result < 0 && result > -4096) {
        atomic_store_explicit(&calls[which].last_error, (int)result, memory_order_relaxed);
        atomic_store_explicit(&calls[which].failed_as, ++failures, memory_order_relaxed);
    }
    return result;
}

/* Not libc's syscall(): that writes errno, which a signal handler must not do. */
static long raw_call(long number, const long argument[6])
{
    register long r10 __asm__("r10") = argument[3];
    register long r8 __asm__("r8") = argument[4];
    register long r9 __asm__("r9") = argument[5];
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(number), "D"(argument[0]), "S"(argument[1]), "d"(argument[2]), "r"(r10),
                       "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

#define A(argument) (long)(argument)
#define HOST_CALL(name, parameters, ...)                                                           \
    long host_##name parameters                                                                    \
    {                                                                                              \
        const long arguments[6] = {__VA_ARGS__};                                                   \
        long result = call_enter(CALL_##name);                                                     \
        return call_leave(CALL_##name, result ? result : raw_call(SYS_##name, arguments));         \
    }
#define HOST_LIBRARY_CALL(name)
#include <host/host_calls.def>
#undef HOST_CALL
#undef HOST_LIBRARY_CALL
#undef A

void *host_allocate(size_t count, size_t size)
{
    void *memory = call_enter(CALL_allocate) ? NULL : calloc(count, size);

    if (!memory)
        (void)call_leave(CALL_allocate, -ENOMEM);
    return memory;
}

int host_sigaction(int number, void (*handler)(int), struct sigaction *ret_old)
{
    /* stops of children are waited for: a signal for each would only cost time */
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_NOCLDSTOP};
    int error = call_enter(CALL_sigaction);

    if (!error && sigaction(number, &action, ret_old) < 0)
        error = -errno;
    return (int)call_leave(CALL_sigaction, error);
}

int host_thread_create(void *(*run)(void *), void *argument, pthread_t *ret_thread)
{
    int error = call_enter(CALL_thread_create);
    sigset_t all, old;

    if (!error) {
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &old);
        error = -pthread_create(ret_thread, NULL, run, argument);
        pthread_sigmask(SIG_SETMASK, &old, NULL);
    }
    return (int)call_leave(CALL_thread_create, error);
}

static struct call_state *find_call(const char *name, size_t length)
{
    for (unsigned i = 0; i < CALL_COUNT; i++)
        if (strlen(calls[i].name) == length && !strncmp(calls[i].name, name, length))
            return &calls[i];
    return NULL;
}

static int inject(struct call_state *call, uint64_t nth, int error)
{
    if (!call)
        return -ENOENT;
    atomic_store(&call->fail_error, 0);
    atomic_store(&call->fail_at, nth ? atomic_load(&call->count) + nth : 0);
    atomic_store(&call->happened, false);
    atomic_store(&call->fail_error, error);
    return 0;
}

int host_inject(const char *call_name, uint64_t nth, int error)
{
    return inject(find_call(call_name, strlen(call_name)), nth, error);
}

/* 0 if `text` is neither the name of an errno value nor a number that may be one. */
static int parse_error(const char *text)
{
    char *end;
    long number = strtol(text, &end, 10);

    if (end != text)
        return *end || number <= 0 || number > 4095 ? 0 : (int)number;
    for (int error = 1; error < 134; error++) {
        const char *name = strerrorname_np(error);
        if (name && !strcmp(name, text))
            return error;
    }
    return 0;
}

int host_inject_parse(const char *text)
{
    const char *colon = strchr(text, ':');
    char *end;

    if (!colon || colon[1] < '0' || colon[1] > '9')
        return -EINVAL;
    unsigned long nth = strtoul(colon + 1, &end, 10);
    int error = *end == ':' ? parse_error(end + 1) : 0;
    if (!error)
        return -EINVAL;
    return inject(find_call(text, (size_t)(colon - text)), nth, error);
}

bool host_inject_happened(const char *call_name)
{
    const struct call_state *call = find_call(call_name, strlen(call_name));
    return call && atomic_load(&call->happened);
}

const char *host_call_name(unsigned index)
{
    return index < CALL_COUNT ? calls[index].name : NULL;
}

uint64_t host_call_count(const char *call_name)
{
    const struct call_state *call = find_call(call_name, strlen(call_name));
    return call ? atomic_load(&call->count) : 0;
}

const char *host_failed_call(int error)
{
    const struct call_state *latest = NULL;

    for (unsigned i = 0; i < CALL_COUNT; i++)
        if (atomic_load(&calls[i].last_error) == error &&
            (!latest || atomic_load(&calls[i].failed_as) > atomic_load(&latest->failed_as)))
            latest = &calls[i];
    return latest ? latest->name : NULL;
}
