/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Real gdb against the server and a target made up for it. Process 1 is this program itself,
 * process 2 the one of test_packets.c; their threads run through the bytes of one function each.
 * gdb is a child of the test, which is the server.
 */
#include <gdb/testkit_target.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <test.h>
#include <unistd.h>

#define OUTPUT_BYTES    65536
#define TIMEOUT_SECONDS "60"
#define COMMANDS        32
#define ROUNDS          200 /* between two looks at the socket */

#define STACK       0x7ff00000
#define STACK_TEXT  "0x7ff00000"
#define STACK_BYTES 0x10000

#define CHILD_FUNCTION "test_run_names_end_where_the_table_says"

/* What the threads of process 1 "run". Its lines are steps, its bytes instructions. */
unsigned victim(volatile unsigned *n);
__attribute__((noinline)) unsigned victim(volatile unsigned *n)
{
    *n += 0x1234567;
    *n ^= 0x7654321;
    *n += *n >> 3;
    *n ^= *n << 5;
    return *n;
}

/* --- programs ------------------------------------------------------------------------------ */

struct program {
    char path[4096];
    uint8_t *bytes;
    size_t size;
};

static bool read_program(const char *path, struct program *ret_program)
{
    struct stat status;
    int fd = open(path, O_RDONLY);

    if (fd < 0 || fstat(fd, &status))
        return false;
    snprintf(ret_program->path, sizeof(ret_program->path), "%s", path);
    ret_program->size = (size_t)status.st_size;
    ret_program->bytes = malloc(ret_program->size);
    if (read(fd, ret_program->bytes, ret_program->size) != (ssize_t)ret_program->size)
        return false;
    close(fd);
    return true;
}

static bool find_symbol(const struct program *program, const char *name, vaddr_t *ret_start,
                        vaddr_t *ret_end)
{
    const Elf64_Ehdr *header = (const void *)program->bytes;
    const Elf64_Shdr *sections = (const void *)(program->bytes + header->e_shoff);

    for (unsigned i = 0; i < header->e_shnum; i++) {
        const Elf64_Sym *symbols = (const void *)(program->bytes + sections[i].sh_offset);
        const char *names = (const char *)program->bytes + sections[sections[i].sh_link].sh_offset;

        for (size_t j = 0; sections[i].sh_type == SHT_SYMTAB && j < sections[i].sh_size / 24; j++) {
            if (strcmp(names + symbols[j].st_name, name) == 0) {
                *ret_start = symbols[j].st_value;
                *ret_end = symbols[j].st_value + symbols[j].st_size;
                return true;
            }
        }
    }
    return false;
}

/* A process that has the program's memory, and runs through `function`. */
static bool add_program(struct testkit_target *t, int32_t pid, const struct program *program,
                        const char *function)
{
    const Elf64_Ehdr *header = (const void *)program->bytes;
    const Elf64_Phdr *parts = (const void *)(program->bytes + header->e_phoff);
    struct testkit_process *process = testkit_add_process(t, pid);
    static uint64_t stack[STACK_BYTES / 8];

    process->file = program->path;
    for (unsigned i = 0; i < header->e_phnum; i++) {
        if (parts[i].p_type == PT_LOAD)
            testkit_add_segment(process, parts[i].p_vaddr, program->bytes + parts[i].p_offset,
                                parts[i].p_filesz, parts[i].p_memsz);
    }
    if (!find_symbol(program, function, &process->text, &process->text_end))
        return false;
    for (unsigned i = 0; i < STACK_BYTES / 8; i++) /* whatever gdb takes for a return address */
        stack[i] = process->text + 8;
    testkit_add_segment(process, STACK, stack, sizeof(stack), sizeof(stack));
    return true;
}

static void add_program_thread(struct testkit_target *t, int32_t pid, int64_t tid, const char *name)
{
    struct testkit_thread_state *thread = testkit_add_thread(t, pid, tid, name);

    static const uint32_t low = 0x3fc00000, high = 0x40200000; /* 1.5 and 2.5 */

    thread->registers.word[UREG_FS_BASE] = 0x1234;
    thread->registers.has_vector = true;
    memcpy(thread->registers.vector, &(uint16_t){0x37f}, 2);            /* fctrl */
    memcpy(thread->registers.vector + 24, &(uint32_t){0x1f80}, 4);      /* mxcsr */
    memcpy(thread->registers.vector + 160 + 3 * 16, &low, sizeof(low)); /* xmm3 */
    memcpy(thread->registers.vector + 576 + 3 * 16, &high, sizeof(high));
    thread->registers.word[UREG_RSP] = thread->registers.word[UREG_RBP] = STACK + 0x8000;
}

/* --- sessions ------------------------------------------------------------------------------ */

struct session {
    struct testkit_target t;
    struct program root, child;
    char directory[64], address[96];
    int listening, connection, output_end, gdb;
    size_t output_size;
    char output[OUTPUT_BYTES + 1];
    unsigned ticks; /* how often the first thread ran for a while */
    void (*tick)(struct session *session);
};

static struct session session;

static void send_to_gdb(void *context, const uint8_t *bytes, size_t size)
{
    struct session *s = context;

    while (size) {
        ssize_t done = send(s->connection, bytes, size, MSG_NOSIGNAL);

        if (done <= 0)
            return;
        bytes += done;
        size -= (size_t)done;
    }
}

static bool open_session(struct session *s)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char self[4096], *name;
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

    memset(s, 0, sizeof(*s));
    if (length < 0 || access("/usr/bin/gdb", X_OK)) {
        test_skip("there is no gdb");
        return false;
    }
    self[length] = 0;
    if (!CHECK(read_program(self, &s->root)))
        return false;
    name = strrchr(self, '/');
    snprintf(name, sizeof(self) - (size_t)(name - self), "/test_packets");
    if (!CHECK(read_program(self, &s->child)))
        return false;
    testkit_target_init_empty(&s->t);
    s->t.target.has_avx = true;
    CHECK(add_program(&s->t, 1, &s->root, "victim"));
    add_program_thread(&s->t, 1, 1, "rootserver");
    add_program_thread(&s->t, 1, 2, "root:helper");
    s->t.forward = send_to_gdb;
    s->t.forward_context = s;
    snprintf(s->directory, sizeof(s->directory), "/tmp/sel4emu-gdb-XXXXXX");
    CHECK(mkdtemp(s->directory) != NULL);
    snprintf(s->address, sizeof(s->address), "%s/socket", s->directory);
    memcpy(address.sun_path, s->address, sizeof(s->address));
    s->listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    s->connection = -1;
    return CHECK(bind(s->listening, (struct sockaddr *)&address, sizeof(address)) == 0 &&
                 listen(s->listening, 1) == 0);
}

/* A file of commands for gdb's standard input, where it looks at the target between lines. */
static int make_input(struct session *s, const char *const *commands)
{
    FILE *file = tmpfile();

    if (!file)
        abort();
    fprintf(file, "set confirm off\ntarget remote %s\n", s->address);
    for (; *commands; commands++)
        fprintf(file, "%s\n", *commands);
    rewind(file);
    return fileno(file);
}

/* gdb that connects and obeys the commands; those of `before` come first. */
static void start_gdb(struct session *s, const char *const *before, const char *const *commands,
                      bool by_input)
{
    char connect_command[128];
    const char *arguments[2 * COMMANDS + 16] = {"timeout", TIMEOUT_SECONDS, "gdb", "-nx", "-q"};
    unsigned count = 5;
    int ends[2], input = by_input ? make_input(s, commands) : open("/dev/null", O_RDONLY);

    snprintf(connect_command, sizeof(connect_command), "target remote %s", s->address);
    for (; before && *before; before++) {
        arguments[count++] = "-ex";
        arguments[count++] = *before;
    }
    if (!by_input) {
        arguments[count++] = "-batch";
        arguments[count++] = "-ex";
        arguments[count++] = connect_command;
    }
    for (; !by_input && *commands; commands++) {
        arguments[count++] = "-ex";
        arguments[count++] = *commands;
    }
    if (pipe2(ends, O_CLOEXEC))
        abort();
    s->gdb = fork();
    if (s->gdb == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0});
        dup2(ends[1], 1);
        dup2(ends[1], 2);
        dup2(input, 0);
        execvp("timeout", (char *const *)arguments);
        _exit(127);
    }
    close(ends[1]);
    s->output_end = ends[0];
}

static void take_output(struct session *s)
{
    ssize_t size = read(s->output_end, s->output + s->output_size, OUTPUT_BYTES - s->output_size);

    if (size <= 0) {
        close(s->output_end);
        s->output_end = -1;
        return;
    }
    s->output_size += (size_t)size;
    s->output[s->output_size] = 0;
}

static void disconnect(struct session *s)
{
    gdb_server_destroy(s->t.server);
    s->t.server = NULL;
    close(s->connection);
    s->connection = -1;
}

static void take_input(struct session *s)
{
    uint8_t bytes[4096];
    ssize_t size = recv(s->connection, bytes, sizeof(bytes), 0);

    if (size > 0)
        gdb_server_input(s->t.server, bytes, (size_t)size);
    if (size <= 0 || gdb_server_is_finished(s->t.server))
        disconnect(s);
}

/* Serves until gdb is gone. Returns gdb's exit status. */
static int serve(struct session *s)
{
    int status;

    while (s->output_end >= 0) {
        bool runs = s->connection >= 0 && !s->t.is_frozen;
        struct pollfd ends[] = {
            {.fd = s->output_end, .events = POLLIN},
            {.fd = s->connection >= 0 ? s->connection : s->listening, .events = POLLIN}};

        poll(ends, 2, runs ? 1 : -1);
        if (ends[0].revents)
            take_output(s);
        if (ends[1].revents && s->connection >= 0) {
            take_input(s);
        } else if (ends[1].revents) {
            s->connection = accept(s->listening, NULL, NULL);
            testkit_target_connect(&s->t);
        }
        if (s->connection >= 0 && !s->t.is_frozen) {
            testkit_run(&s->t, ROUNDS);
            s->ticks += !testkit_is_held(&s->t, 1, 1);
            if (s->tick)
                s->tick(s);
        }
    }
    if (s->connection >= 0)
        disconnect(s);
    waitpid(s->gdb, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void close_session(struct session *s)
{
    s->t.server = NULL;
    testkit_target_free(&s->t);
    free(s->root.bytes);
    free(s->child.bytes);
    close(s->listening);
    unlink(s->address);
    rmdir(s->directory);
}

static void run_gdb(struct session *s, const char *const *before, const char *const *commands)
{
    start_gdb(s, before, commands, false);
    CHECK_EQ(serve(s), 0);
    CHECK(!strstr(s->output, "internal-error"));
}

/* Whether gdb said the texts, in this order. */
static bool said(struct session *s, const char *const *texts)
{
    const char *at = s->output;

    for (; *texts; texts++) {
        const char *found = strstr(at, *texts);

        if (!found) {
            printf("not said: %s\nin:\n%s\n", *texts, s->output);
            return false;
        }
        at = found + strlen(*texts);
    }
    return true;
}

#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* --- all-stop ------------------------------------------------------------------------------ */

TEST(a_plain_connection_finds_the_program_by_itself)
{
    if (!open_session(&session))
        return;
    run_gdb(&session, NULL,
            TEXTS("info threads", "info inferiors", "p/x $fs_base", "p $xmm3.v4_float[0]",
                  "p $ymm3.v8_float[4]", "p/x $mxcsr", "p/x $ftag", "set var $xmm3.v4_float[0] = 7",
                  "p $xmm3.v4_float[0]", "p $eflags"));
    CHECK(said(&session,
               TEXTS("Reading symbols from target:", "victim (n=", "test_real_gdb.c",
                     "Thread 1.1 \"rootserver\" (running)  victim",
                     "Thread 1.2 \"root:helper\" (running) victim", "process 1", "/test_real_gdb",
                     "$1 = 0x", "= 1.5\n", "= 2.5\n", "= 0x1f80", "= 0xffff", "= 7\n", "= [ ]")));
    CHECK(!strstr(session.output, "has disappeared"));
    CHECK_EQ(session.t.detached, 1);
    close_session(&session);
}

TEST(breakpoints_steps_and_memory_work_in_all_stop)
{
    if (!open_session(&session))
        return;
    run_gdb(&session, TEXTS("set sysroot"),
            TEXTS("break victim", "continue", "backtrace 1", "next", "next", "stepi",
                  "info registers rip", "set var *(int *)0x7ff08100 = 0x11223344",
                  "x/1wx 0x7ff08100", "p $rbx = 0x5566", "info registers rbx",
                  "find /w 0x7ff08000, +0x200, 0x11223344", "monitor say hello there",
                  "hbreak victim", "delete 1", "continue", "info breakpoints"));
    CHECK(said(&session, TEXTS("Breakpoint 1 at ", "hit Breakpoint 1, victim (n=", "#0  victim",
                               "0x7ff08100:\t0x11223344", "0x5566", "0x7ff08100", "hello there",
                               "Hardware assisted breakpoint 2", "hit Breakpoint 2, victim")));
    CHECK_EQ(testkit_breakpoint_count(&session.t), 0);
    CHECK_EQ(session.t.detached, 1);
    CHECK(!session.t.is_frozen);
    close_session(&session);
}

/* The child starts a while after the debugger has let the machine go. */
static void start_child(struct session *s)
{
    if (s->ticks != 3)
        return;
    CHECK(add_program(&s->t, 2, &s->child, CHILD_FUNCTION));
    add_program_thread(&s->t, 2, 5, "child");
    testkit_stop(&s->t, 2, 5, GDB_STOP_STARTED, GDB_SIGNAL_NONE);
}

TEST(a_breakpoint_in_a_program_to_come_is_hit_there)
{
    if (!open_session(&session))
        return;
    session.tick = start_child;
    run_gdb(&session, TEXTS("set breakpoint pending on", "set schedule-multiple on"),
            TEXTS("break " CHILD_FUNCTION, "continue", "info inferiors", "info threads",
                  "break victim", "continue"));
    CHECK(
        said(&session, TEXTS("(" CHILD_FUNCTION ") pending", "[New inferior 2]", "[New Thread 2.5]",
                             "\"child\" hit Breakpoint 1, " CHILD_FUNCTION, "* 2    process 2",
                             "1.1  Thread 1.1 \"rootserver\"", "* 2.1  Thread 2.5 \"child\"",
                             "Breakpoint 2 at", "hit Breakpoint 2, victim")));
    CHECK(!strstr(session.output, "SIGCHLD"));
    CHECK_EQ(testkit_breakpoint_count(&session.t), 0);
    close_session(&session);
}

static void end_root(struct session *s)
{
    if (s->ticks != 3)
        return;
    testkit_thread(&s->t, 1, 1)->is_alive = false;
    testkit_thread(&s->t, 1, 2)->is_alive = false;
    testkit_stop(&s->t, 1, 1, GDB_STOP_EXITED, GDB_SIGNAL_NONE);
}

TEST(the_end_of_a_process_is_told)
{
    if (!open_session(&session))
        return;
    session.tick = end_root;
    run_gdb(&session, NULL, TEXTS("continue", "info threads"));
    CHECK(said(&session, TEXTS("(process 1) exited with code 03]", "No threads.")));
    close_session(&session);
}

static bool has_watchpoint(const struct testkit_target *t, vaddr_t address, uint64_t size)
{
    for (unsigned i = 0; i < TESTKIT_BREAKPOINTS; i++) {
        const struct testkit_breakpoint *point = &t->breakpoints[i];

        if (point->pid == 1 && point->kind == GDB_WATCH_WRITE && point->address == address &&
            point->size == size)
            return true;
    }
    return false;
}

static void write_stack(struct session *s)
{
    if (s->ticks != 3)
        return;
    CHECK(has_watchpoint(&s->t, STACK, 4));
    CHECK_EQ(s->t.target.ops->write_memory(&s->t, 1, STACK, "\x2a\x00\x00\x00", 4), 0);
    s->t.current = (struct gdb_thread_id){1, 2};
    gdb_server_stopped(s->t.server, s->t.current,
                       &(struct gdb_stop){.kind = GDB_STOP_WATCHPOINT,
                                          .watch = GDB_WATCH_WRITE,
                                          .address = STACK});
}

TEST(a_watchpoint_shows_old_and_new_value)
{
    if (!open_session(&session))
        return;
    session.tick = write_stack;
    run_gdb(&session, TEXTS("set sysroot"),
            TEXTS("watch *(int *)" STACK_TEXT, "continue", "info threads", "delete 1", "stepi"));
    CHECK(said(&session, TEXTS("Hardware watchpoint 1: *(int *)" STACK_TEXT,
                               "\"root:helper\" hit Hardware watchpoint 1",
                               "Old value = ", "New value = 42", "* 2    Thread 1.2")));
    CHECK_EQ(testkit_breakpoint_count(&session.t), 0);
    close_session(&session);
}

TEST(control_C_stops_the_machine)
{
    if (!open_session(&session))
        return;
    run_gdb(&session, TEXTS("set sysroot"),
            TEXTS("shell (sleep 0.5; kill -INT $PPID) &", "continue", "info threads", "detach"));
    CHECK(said(&session, TEXTS("received signal SIGINT, Interrupt.", "Thread 1.1 \"rootserver\"",
                               "Thread 1.2 \"root:helper\"", "detached]")));
    CHECK_EQ(session.t.detached, 1);
    close_session(&session);
}

TEST(one_process_is_detached_from_and_the_other_goes_on)
{
    if (!open_session(&session))
        return;
    session.tick = start_child;
    run_gdb(&session, TEXTS("set breakpoint pending on", "set schedule-multiple on"),
            TEXTS("break " CHILD_FUNCTION, "continue", "detach inferiors 2", "inferior 1",
                  "info threads", "break victim", "continue"));
    CHECK(said(&session, TEXTS("hit Breakpoint 1, " CHILD_FUNCTION, "[Inferior 2 (process 2) det",
                               "Thread 1.1 \"rootserver\"", "hit Breakpoint 2, victim")));
    CHECK_EQ(testkit_breakpoint_count(&session.t), 0);
    close_session(&session);
}

/* --- non-stop ------------------------------------------------------------------------------ */

/* Twice, for gdb looks at its input and at the connection in turn. */
#define WAIT "shell sleep 0.2", "shell sleep 0.2"

TEST(threads_stop_and_go_alone_in_non_stop)
{
    if (!open_session(&session))
        return;
    start_gdb(&session, TEXTS("set non-stop on", "set pagination off", "set width 0"),
              TEXTS(WAIT, "info threads", "thread 1", "continue &", WAIT, "info threads",
                    "interrupt", WAIT, "info threads", "thread 2", "tbreak victim", "continue",
                    "info threads"),
              true);
    CHECK_EQ(serve(&session), 0);
    CHECK(said(&session,
               TEXTS("\"rootserver\" (running)  victim", "\"root:helper\" (running) victim",
                     "\"rootserver\" (running)  (running)", "\"root:helper\" (running) victim",
                     "\"rootserver\" stopped.", "\"rootserver\" (running)  ",
                     "\"root:helper\" hit Temporary breakpoint 1, victim", "* 2    Thread 1.2")));
    CHECK_EQ(testkit_breakpoint_count(&session.t), 0);
    CHECK_EQ(session.t.detached, 1);
    CHECK(!testkit_is_held(&session.t, 1, 1));
    close_session(&session);
}

TEST(processes_stop_and_go_alone_in_non_stop)
{
    if (!open_session(&session))
        return;
    session.tick = start_child;
    start_gdb(
        &session,
        TEXTS("set non-stop on", "set pagination off", "set width 0", "set breakpoint pending on"),
        TEXTS(WAIT, "break " CHILD_FUNCTION, "continue -a &", "shell sleep 1", WAIT, "info threads",
              WAIT, "info inferiors", "thread 1.1", "interrupt", WAIT, "thread 2.1", "delete",
              "continue &", WAIT, "info threads"),
        true);
    CHECK_EQ(serve(&session), 0);
    CHECK(said(&session,
               TEXTS("(" CHILD_FUNCTION ") pending", "\"child\" hit Breakpoint 1, " CHILD_FUNCTION,
                     "(running)  (running)", "\"child\" (running)       " CHILD_FUNCTION,
                     "process 2", "\"rootserver\" stopped.", "\"rootserver\" (running)  ",
                     "victim (n=", "\"root:helper\" (running) (running)",
                     "\"child\" (running)       (running)")));
    CHECK_EQ(testkit_breakpoint_count(&session.t), 0);
    CHECK(!testkit_is_held(&session.t, 1, 1));
    close_session(&session);
}

TEST(a_debugger_that_is_killed_leaves_nothing)
{
    if (!open_session(&session))
        return;
    start_gdb(&session, NULL, TEXTS("break victim", "shell kill -9 $PPID"), false);
    serve(&session);
    CHECK_EQ(testkit_breakpoint_count(&session.t), 0);
    CHECK_EQ(session.t.detached, 1);
    CHECK(!session.t.is_frozen);
    close_session(&session);
}
