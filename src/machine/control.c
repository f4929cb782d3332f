/* SPDX-License-Identifier: BSD-2-Clause */
#include <machine/control.h>

#include <base/bits.h>
#include <base/text.h>
#include <errno.h>
#include <host/clock.h>
#include <host/host.h>
#include <machine/inspector.h>
#include <machine/state.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PAUSE    UINT64_C(1000000)    /* at the least, after a round of serving clients */
#define PATIENCE UINT64_C(5000000000) /* with a client that does nothing */
#define BACKLOG  64                   /* clients that wait to be let in */
#define LISTENER CONTROL_CLIENTS      /* in epoll: after the clients' numbers */

#define UNREAD_TRACE_BYTES (UINT32_C(1) << 20) /* of a client's trace; what comes then is lost */

/* --- life ---------------------------------------------------------------------------------- */

void control_clean_name(const char *name, char ret_name[CONTROL_NAME_BYTES])
{
    text_copy(ret_name, CONTROL_NAME_BYTES, *name ? name : "guest");
    for (char *c = ret_name; *c; c++) {
        if (*c <= ' ' || *c > '~' || *c == '/')
            *c = '-';
    }
}

static int bind_name(int fd, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char clean[CONTROL_NAME_BYTES];
    control_clean_name(name, clean);
    size_t length = text_format(address.sun_path + 1, sizeof(address.sun_path) - 1, "%s%u/%d/%s",
                                CONTROL_PREFIX, geteuid(), getpid(), clean);
    size_t size = offsetof(struct sockaddr_un, sun_path) + 1 + length;
    return (int)host_bind(fd, (const struct sockaddr *)&address, (unsigned)size);
}

static int set_events(const struct control *control, int operation, int fd, uint32_t events,
                      uint32_t number)
{
    struct epoll_event event = {.events = events, .data.u32 = number};
    return (int)host_epoll_ctl(control->epoll, operation, fd, &event);
}

static int start(struct control *control, const char *name)
{
    control->epoll = (int)host_epoll_create1(EPOLL_CLOEXEC);
    if (control->epoll < 0)
        return control->epoll;
    control->listener = (int)host_socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (control->listener < 0)
        return control->listener;
    int error = bind_name(control->listener, name);
    if (!error)
        error = (int)host_listen(control->listener, BACKLOG);
    if (!error)
        error = set_events(control, EPOLL_CTL_ADD, control->listener, EPOLLIN, LISTENER);
    return error;
}

int control_open(struct control *control, const char *name, struct tracing *tracing)
{
    *control = (struct control){.tracing = tracing, .listener = -1, .epoll = -1};
    for (unsigned i = 0; i < CONTROL_CLIENTS; i++)
        control->clients[i] = (struct control_client){.control = control, .fd = -1};
    int error = start(control, name);
    if (error)
        control_close(control);
    return error;
}

static void drop(struct control_client *client)
{
    struct control *control = client->control;
    if (client->trace)
        tracing_remove(control->tracing, client->trace);
    host_close(client->fd); /* which takes it out of epoll, too */
    free(client->answer.items);
    *client = (struct control_client){.control = control, .fd = -1};
}

void control_close(struct control *control)
{
    for (unsigned i = 0; i < CONTROL_CLIENTS; i++) {
        struct control_client *client = &control->clients[i];
        if (client->fd < 0)
            continue;
        client->trace = NULL; /* it has ended with all others */
        if (client->answer.count > client->written)
            host_write(client->fd, client->answer.items + client->written,
                       client->answer.count - client->written);
        drop(client);
    }
    if (control->listener >= 0)
        host_close(control->listener);
    if (control->epoll >= 0)
        host_close(control->epoll);
    control->listener = control->epoll = -1;
}

/* --- clients ------------------------------------------------------------------------------- */

static struct control_client *free_place(struct control *control)
{
    for (unsigned i = 0; i < CONTROL_CLIENTS; i++) {
        if (control->clients[i].fd < 0)
            return &control->clients[i];
    }
    return NULL;
}

static bool may_look(int fd)
{
    struct ucred peer;
    unsigned size = sizeof(peer);
    if (host_getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        return false;
    return peer.uid == geteuid() || peer.uid == 0;
}

static void admit(struct control *control, struct control_client *client, int fd, nanoseconds_t now)
{
    uint32_t number = (uint32_t)(client - control->clients);
    if (!may_look(fd) || set_events(control, EPOLL_CTL_ADD, fd, EPOLLIN, number) < 0) {
        host_close(fd);
        return;
    }
    client->fd = fd;
    client->drop_at = now + PATIENCE;
}

static void accept_clients(struct control *control, nanoseconds_t now)
{
    for (unsigned i = 0; i < CONTROL_CLIENTS && free_place(control); i++) {
        int fd = (int)host_accept4(control->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0)
            return;
        admit(control, free_place(control), fd, now);
    }
}

static void keep_answer(void *context, const char *text, size_t length)
{
    struct control_answer *answer = context;
    for (size_t i = 0; i < length && !answer->failed; i++)
        answer->failed = !LIST_ADD(answer, text[i]);
}

static int watch_client(const struct control_client *client, uint32_t events)
{
    uint32_t number = (uint32_t)(client - client->control->clients);
    return set_events(client->control, EPOLL_CTL_MOD, client->fd, events, number);
}

static void keep_lost(struct control_client *client)
{
    char line[64];
    if (!client->lost)
        return;
    keep_answer(&client->answer, line,
                text_format(line, sizeof(line), "(%lu lines are lost)\n", client->lost));
    client->lost = 0;
}

static void keep_line(void *context, const char *text, size_t length)
{
    struct control_client *client = context;
    uint32_t unread = client->answer.count - client->written;
    if (unread + length > UNREAD_TRACE_BYTES) {
        client->lost++;
        return;
    }
    keep_lost(client);
    keep_answer(&client->answer, text, length);
    if (unread == 0)
        watch_client(client, EPOLLIN | EPOLLOUT);
}

/* The words behind "trace" if the request is one, else NULL. */
static const char *trace_words(const char *request)
{
    static const char verb[] = "trace";
    const char *words = request + sizeof(verb) - 1;
    bool is_trace = strncmp(request, verb, sizeof(verb) - 1) == 0;
    return is_trace && (*words == ' ' || *words == '\0') ? words : NULL;
}

static int start_trace(struct control_client *client, const char *words,
                       char problem[VIEW_PROBLEM_BYTES])
{
    struct trace_options options;
    const char *wrong = trace_options_parse(words, &options);
    if (wrong) {
        text_format(problem, VIEW_PROBLEM_BYTES, "trace%s: %s", words, wrong);
        return -EINVAL;
    }
    struct trace_sink sink = {.write = keep_line, .context = client};
    int error = tracing_add(client->control->tracing, &options, sink, &client->trace);
    if (error)
        text_format(problem, VIEW_PROBLEM_BYTES,
                    error == -EMFILE ? "%d traces are under way already" : "no memory for a trace",
                    TRACING_MAX);
    client->drop_at = NANOSECONDS_NEVER;
    return error;
}

/* For a debugger that is about to attach: it asks again until all TCBs have a thread. */
static bool is_about_threads(const char *request)
{
    return strcmp(request, "own-threads") == 0;
}

static void keep_threads(struct machine *machine, struct control_client *client)
{
    bool are_own = machine->seat_ops->separate_threads(machine->seat);
    const char *text = are_own ? "all\n" : "not yet\n";
    keep_answer(&client->answer, text, strlen(text));
}

static void answer(struct machine *machine, struct control_client *client)
{
    struct inspect_host host = machine_inspect_host(machine);
    struct report_sink sink = {.context = &client->answer, .write = keep_answer};
    const char *words = trace_words(client->request);
    char problem[VIEW_PROBLEM_BYTES], line[VIEW_PROBLEM_BYTES + 16];
    keep_answer(&client->answer, "ok\n", 3);
    if (is_about_threads(client->request)) {
        keep_threads(machine, client);
    } else if (words ? start_trace(client, words, problem)
                     : view_answer(machine->kernel, &host, client->request, sink, problem)) {
        size_t length = text_format(line, sizeof(line), "error %s\n", problem);
        client->answer.count = 0;
        keep_answer(&client->answer, line, length);
    }
    uint32_t events = EPOLLOUT | (client->trace ? EPOLLIN : 0);
    if (client->answer.failed || watch_client(client, events) < 0)
        drop(client);
}

/* A request ends with its line, or where the client has no more to say. */
static void read_request(struct machine *machine, struct control_client *client)
{
    char *end = client->request + client->request_length;
    size_t room = sizeof(client->request) - 1 - client->request_length;
    long count = host_read(client->fd, end, room);
    if (count == -EAGAIN || count == -EINTR)
        return;
    if (count < 0 || (count == 0 && client->request_length == 0 && room > 0)) {
        drop(client);
        return;
    }
    end[count] = '\0';
    client->request_length += (uint32_t)count;
    bool is_complete = count == 0 || memchr(end, '\n', (size_t)count);
    if (is_complete || client->request_length == sizeof(client->request) - 1) {
        client->request[strcspn(client->request, "\n")] = '\0';
        answer(machine, client);
    }
}

/* All of the trace that there is has been sent. */
static void await_lines(struct control_client *client)
{
    client->answer.count = client->written = 0;
    keep_lost(client);
    if (client->answer.failed || watch_client(client, EPOLLIN) < 0)
        drop(client);
}

static void write_answer(struct control_client *client, nanoseconds_t now)
{
    const struct control_answer *all = &client->answer;
    long count = host_write(client->fd, all->items + client->written, all->count - client->written);
    if (count == -EAGAIN || count == -EINTR)
        return;
    client->written += count > 0 ? (uint32_t)count : 0;
    if (!client->trace)
        client->drop_at = now + PATIENCE;
    if (count <= 0)
        drop(client);
    else if (client->written == all->count && client->trace)
        await_lines(client);
    else if (client->written == all->count)
        drop(client);
}

/* The client sends no more: what is gathered is the end of its answer. */
static void end_trace(struct control_client *client, nanoseconds_t now)
{
    struct trace *trace = client->trace;
    char ignored[VIEW_REQUEST_BYTES];
    long count = host_read(client->fd, ignored, sizeof(ignored));
    if (count > 0 || count == -EAGAIN || count == -EINTR)
        return;
    tracing_remove(client->control->tracing, trace);
    client->trace = NULL;
    client->drop_at = now + PATIENCE;
    if (client->answer.count == client->written || watch_client(client, EPOLLOUT) < 0)
        drop(client);
}

static void serve_client(struct machine *machine, struct control_client *client, uint32_t events,
                         nanoseconds_t now)
{
    if (client->fd < 0)
        return;
    if (client->trace && events & ~(uint32_t)EPOLLOUT)
        end_trace(client, now);
    else if (client->answer.items)
        write_answer(client, now);
    else
        read_request(machine, client);
}

static void drop_idle_clients(struct control *control, nanoseconds_t now)
{
    for (unsigned i = 0; i < CONTROL_CLIENTS; i++) {
        if (control->clients[i].fd >= 0 && now >= control->clients[i].drop_at)
            drop(&control->clients[i]);
    }
}

/* --- the machine --------------------------------------------------------------------------- */

void control_serve(struct machine *machine)
{
    struct control *control = &machine->control;
    nanoseconds_t now = host_clock_now();
    if (control->listener < 0 || now < control->resume_at)
        return;
    struct epoll_event events[CONTROL_CLIENTS + 1];
    const struct timespec at_once = {0};
    bool was_full = !free_place(control);
    long count = host_epoll_pwait2(control->epoll, events, ARRAY_LENGTH(events), &at_once, NULL, 0);
    for (long i = 0; i < count; i++) {
        if (events[i].data.u32 == LISTENER)
            accept_clients(control, now);
        else
            serve_client(machine, &control->clients[events[i].data.u32], events[i].events, now);
    }
    drop_idle_clients(control, now);
    bool is_full = !free_place(control);
    if (is_full != was_full)
        set_events(control, EPOLL_CTL_MOD, control->listener, is_full ? 0 : EPOLLIN, LISTENER);
    nanoseconds_t end = host_clock_now();
    control->resume_at = count > 0 ? end + max_u64(end - now, PAUSE) : 0;
}

bool control_watch(struct machine *machine)
{
    struct control *control = &machine->control;
    bool wanted = control->listener >= 0 && control->resume_at == 0;
    if (wanted != control->is_watched &&
        host_watcher_set(machine->watcher, control->epoll, wanted ? HOST_WATCH_READ : 0) == 0)
        control->is_watched = wanted;
    return control->is_watched;
}

nanoseconds_t control_next(const struct control *control)
{
    if (control->resume_at)
        return control->resume_at;
    nanoseconds_t next = NANOSECONDS_NEVER;
    for (unsigned i = 0; i < CONTROL_CLIENTS; i++) {
        if (control->clients[i].fd >= 0)
            next = min_u64(next, control->clients[i].drop_at);
    }
    return next;
}
