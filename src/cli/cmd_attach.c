/* SPDX-License-Identifier: BSD-2-Clause */
/* Becomes gdb, attached to the processes of a guest that runs in place: docs/attaching.md. */
#include <base/bits.h>
#include <cli/attach_commands.h>
#include <cli/commands.h>
#include <cli/gdb_commands.h>
#include <cli/guest.h>
#include <cli/perf_symbols.h>
#include <cli/say.h>
#include <cli/status.h>
#include <host/host.h>
#include <runtime/image.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PROGRAM_MAX_BYTES (UINT64_C(1) << 30)

struct attach_options {
    const char *guest;          /* NULL: the only one that runs */
    const char *perf_directory; /* symbol files for perf go there, instead of gdb */
    char **gdb_words;
    int gdb_word_count;
};

/* --- the guest's processes ------------------------------------------------------------------- */

/* All that comes, as a string; NULL: no memory, or the guest ended. The caller's to free. */
static char *read_answer(int fd)
{
    size_t length = 0, room = 0;
    char *text = NULL;
    long count;

    do {
        if (room - length < 2) {
            char *longer = realloc(text, room += 4096);
            if (longer == NULL) {
                break;
            }
            text = longer;
        }
        count = host_read(fd, text + length, room - length - 1);
        length += count > 0 ? (size_t)count : 0;
        text[length] = '\0';
        if (count == 0) {
            return text;
        }
    } while (count > 0 || count == -EINTR);
    free(text);
    return NULL;
}

static int ask_processes(const struct running_guest *guest, struct guest_processes *ret_processes)
{
    int fd, status = guest_ask(guest, "processes\n", &fd);
    char *answer;
    bool is_parsed;

    if (status != STATUS_OK) {
        return status;
    }
    answer = read_answer(fd);
    host_close(fd);
    is_parsed = answer != NULL && guest_processes_parse(answer, ret_processes);
    free(answer);
    if (!is_parsed) {
        say("the guest's answer is not complete");
        return STATUS_HOST;
    }
    return STATUS_OK;
}

/* --- which of them --------------------------------------------------------------------------- */

static bool task_is_called(int pid, const char *task, const char *name)
{
    static const char process_prefix[] = "vs:"; /* of a process's first thread */
    char path[FILE_PATH_BYTES], text[32] = "";
    const size_t skip = sizeof(process_prefix) - 1;

    snprintf(path, sizeof(path), "/proc/%d/task/%s/comm", pid, task);
    int fd = (int)host_openat(AT_FDCWD, path, O_RDONLY, 0);
    if (fd < 0) {
        return false;
    }
    host_read(fd, text, sizeof(text) - 1);
    host_close(fd);
    text[strcspn(text, "\n")] = '\0';
    return strcmp(text, name) == 0 ||
           (strncmp(text, process_prefix, skip) == 0 && strcmp(text + skip, name) == 0);
}

/* By its process id, its name, or that of one of its threads. */
static bool is_meant(const struct guest_process *process, const char *name)
{
    const struct dirent *entry;
    bool found = false;
    char path[64];
    char *end;

    if (strtol(name, &end, 10) == process->pid && *end == '\0') {
        return true;
    }
    snprintf(path, sizeof(path), "/proc/%d/task", process->pid);
    DIR *tasks = opendir(path);
    if (tasks == NULL) {
        return false;
    }
    while (!found && (entry = readdir(tasks)) != NULL) {
        found = task_is_called(process->pid, entry->d_name, name);
    }
    closedir(tasks);
    return found;
}

/* Leaves those that are meant. */
static void choose(struct guest_processes *processes, const char *name)
{
    size_t count = 0;

    for (size_t i = 0; i < processes->count; i++) {
        struct guest_process process = processes->items[i];

        if (is_meant(&process, name)) {
            processes->items[i] = processes->items[count];
            processes->items[count++] = process;
        }
    }
    for (size_t i = count; i < processes->count; i++) {
        free(processes->items[i].program);
    }
    processes->count = count;
}

/* --- gdb ------------------------------------------------------------------------------------- */

/* Processes of a guest let every debugger of their user in; then it is the host that does not. */
static bool host_lets_attach(void)
{
    char scope[4] = "";
    int fd =
        (int)host_openat(AT_FDCWD, "/proc/sys/kernel/yama/ptrace_scope", O_RDONLY | O_CLOEXEC, 0);

    if (fd >= 0) {
        host_read(fd, scope, sizeof(scope) - 1);
        host_close(fd);
    }
    if (scope[0] == '3' || (scope[0] == '2' && geteuid() != 0)) {
        say("this host lets %s attach (yama's ptrace_scope is %c); to change that: %s",
            scope[0] == '3' ? "nobody" : "only root", scope[0],
            scope[0] == '3' ? "boot it without" : "sudo sysctl kernel.yama.ptrace_scope=1");
        return false;
    }
    return true;
}

/* All stopped by SIGSTOP. */
static int become_gdb(const struct attach_options *options, const struct guest_processes *processes)
{
    char gdb[FILE_PATH_BYTES];
    struct words words = {0};
    int error = ENOMEM;

    if (!gdb_find(gdb)) {
        say("gdb is not installed; on Debian: apt install gdb");
        return STATUS_UNSUPPORTED;
    }
    words_add(&words, "%s", gdb);
    words_add(&words, "-q");
    attach_commands_add(&words, processes);
    for (int i = 0; i < options->gdb_word_count; i++) {
        words_add(&words, "%s", options->gdb_words[i]);
    }
    if (!words.failed) {
        error =
            (int)-host_execve(gdb, (const char *const *)words.items, (const char *const *)environ);
    }
    words_free(&words);
    say("%s: %s", gdb, strerror(error));
    return STATUS_UNSUPPORTED;
}

/* --- perf ------------------------------------------------------------------------------------ */

/* Files of these names are mapped by a guest's processes (/proc/PID/maps). */
#define MEMORY_NAME  "/memfd:sel4emu-guest-memory"
#define RUNTIME_NAME "/memfd:sel4emu-runtime"

static void add_program(struct perf_symbols *symbols, const struct guest_process *process)
{
    struct perf_mappings mappings;
    struct loader_error error;
    char path[64], *maps = NULL;
    uint8_t *program;
    uint64_t size;

    snprintf(path, sizeof(path), "/proc/%d/maps", process->pid);
    int fd = (int)host_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (fd >= 0) {
        maps = read_answer(fd);
        host_close(fd);
    }
    if (maps != NULL && process->program != NULL &&
        perf_mappings_parse(maps, MEMORY_NAME, &mappings)) {
        if (file_read(process->program, PROGRAM_MAX_BYTES, &program, &size, &error)) {
            perf_symbols_add(symbols, program, size, &mappings);
            free(program);
        }
        free(mappings.items);
    }
    free(maps);
}

/* The kernel's and the runtime's own: its file is mapped as it was linked. */
static void add_runtime(struct perf_symbols *symbols)
{
    struct perf_mapping all = {.end = UINT64_C(1) << 30};

    perf_symbols_add(symbols, runtime_symbols, (uint64_t)(runtime_symbols_end - runtime_symbols),
                     &(struct perf_mappings){.items = &all, .count = 1});
}

static int write_symbols(struct perf_symbols *symbols, const char *directory, const char *name)
{
    char path[FILE_PATH_BYTES];
    int error = -ENAMETOOLONG;

    if (snprintf(path, sizeof(path), "%s%s (deleted)", directory, name) < (int)sizeof(path)) {
        error = perf_symbols_close(symbols, path);
    }
    if (error != 0) {
        say("%s: %s", path, strerror(-error));
    }
    return error == 0 ? STATUS_OK : STATUS_HOST;
}

static int write_perf_directory(const char *directory, const struct guest_processes *processes)
{
    struct perf_symbols *memory = perf_symbols_open(), *runtime = perf_symbols_open();
    int error = (int)host_mkdirat(AT_FDCWD, directory, 0777);

    if (memory == NULL || runtime == NULL || (error != 0 && error != -EEXIST)) {
        say("%s: %s", directory, strerror(memory == NULL || runtime == NULL ? ENOMEM : -error));
        return STATUS_HOST;
    }
    for (size_t i = 0; i < processes->count; i++) {
        add_program(memory, &processes->items[i]);
    }
    add_runtime(runtime);
    int status = write_symbols(memory, directory, MEMORY_NAME);
    if (status == STATUS_OK) {
        status = write_symbols(runtime, directory, RUNTIME_NAME);
    }
    if (status == STATUS_OK) {
        printf("perf report --symfs %s --kallsyms /proc/kallsyms\n", directory);
    }
    return status;
}

/* --- the command ----------------------------------------------------------------------------- */

/* TCBs that share a Linux thread get one each, soon: gdb is to show all of them. */
static int separate_threads(const struct running_guest *guest)
{
    enum { TRIES = 500, PERIOD = 10000000 };
    const struct timespec period = {.tv_nsec = PERIOD};

    for (unsigned i = 0; i < TRIES; i++) {
        int fd, status = guest_ask(guest, "own-threads\n", &fd);

        if (status != STATUS_OK) {
            return status;
        }
        char *answer = read_answer(fd);
        bool are_own = answer != NULL && strcmp(answer, "all\n") == 0;

        host_close(fd);
        free(answer);
        if (are_own) {
            return STATUS_OK;
        }
        host_clock_nanosleep(CLOCK_MONOTONIC, 0, &period, NULL);
    }
    say("%s does not go on, so its TCBs get no threads of their own: is it stopped already?",
        guest->name);
    return STATUS_NO_GUEST;
}

/* False: one of them has ended. */
static bool signal_all(const struct guest_processes *processes, int signal)
{
    bool are_there = true;

    for (size_t i = 0; i < processes->count; i++) {
        are_there &= host_kill(processes->items[i].pid, signal) == 0;
    }
    return are_there;
}

static int find_processes(const struct running_guest *guest, const char *name,
                          struct guest_processes *ret_processes)
{
    int status = ask_processes(guest, ret_processes);

    if (status != STATUS_OK) {
        return status;
    }
    if (ret_processes->count == 0) {
        say("%s does not run in place (--isolate): sel4emu traces it itself; debug it by --gdb",
            guest->name);
        return STATUS_UNSUPPORTED;
    }
    if (name != NULL) {
        choose(ret_processes, name);
    }
    if (ret_processes->count == 0) {
        say("%s has no process or thread called %s; sel4emu ps shows its threads", guest->name,
            name);
        return STATUS_NO_GUEST;
    }
    return STATUS_OK;
}

/*
 * The guest stands still from now on, until gdb has attached to all: else one process may end
 * because another goes on. One that has ended before that makes it worth looking again.
 */
static int stop_processes(const struct running_guest *guest, const char *name,
                          struct guest_processes *ret_processes)
{
    enum { TRIES = 20 };
    int status;

    for (unsigned i = 0; i < TRIES; i++) {
        status = find_processes(guest, name, ret_processes);
        if (status != STATUS_OK || signal_all(ret_processes, SIGSTOP)) {
            return status;
        }
        signal_all(ret_processes, SIGCONT);
        guest_processes_free(ret_processes);
    }
    say("processes of %s end faster than they can be attached to", guest->name);
    return STATUS_NO_GUEST;
}

static int attach(const struct attach_options *options, const struct running_guest *guest,
                  const char *name)
{
    struct guest_processes processes = {0};
    int status;

    if (options->perf_directory == NULL && !host_lets_attach()) {
        return STATUS_UNSUPPORTED;
    }
    status = options->perf_directory != NULL ? STATUS_OK : separate_threads(guest);
    if (status == STATUS_OK) {
        status = stop_processes(guest, name, &processes);
    }
    if (status == STATUS_OK) {
        status = options->perf_directory != NULL
                     ? write_perf_directory(options->perf_directory, &processes)
                     : become_gdb(options, &processes);
        signal_all(&processes, SIGCONT);
    }
    guest_processes_free(&processes);
    return status;
}

static int run(void *target, const char *const *operands, unsigned operand_count)
{
    const struct attach_options *options = target;
    struct running_guest guest;
    int status;

    status = guest_choose(options->guest, &guest);
    if (status != STATUS_OK) {
        return status;
    }
    return attach(options, &guest, operand_count > 0 ? operands[0] : NULL);
}

static bool set_guest(void *target, const char *value, struct command_error *ret_error)
{
    (void)ret_error;
    ((struct attach_options *)target)->guest = value;
    return true;
}

static bool set_perf(void *target, const char *value, struct command_error *ret_error)
{
    (void)ret_error;
    ((struct attach_options *)target)->perf_directory = value;
    return true;
}

static void set_rest(void *target, char **words, int count)
{
    struct attach_options *options = target;

    options->gdb_words = words;
    options->gdb_word_count = count;
}

static void prepare(void *target)
{
    *(struct attach_options *)target = (struct attach_options){0};
}

static const struct command_option options[] = {
    {"guest", "GUEST", "the guest, by its name or its process id", 'g', set_guest},
    {"perf", "DIR", "no gdb: write what perf report --symfs DIR needs to know functions", 0,
     set_perf},
};

const struct command command_attach = {
    .verb = "attach",
    .operands = "[PROCESS|THREAD] [-- GDB_ARGUMENT...]",
    .summary = "attach gdb to a guest that runs in place",
    .details = "gdb gets all VSpaces of the guest, or the one that is named by its process id or a "
               "thread\n"
               "of it, each with the symbols of its program; when gdb ends, the guest goes on. "
               "Words behind\n"
               "-- are for gdb. docs/attaching.md is a guide, also for gdb -p, strace and perf.\n",
    .options = options,
    .option_count = ARRAY_LENGTH(options),
    .max_operands = 1,
    .set_rest = set_rest,
    .target_size = sizeof(struct attach_options),
    .prepare = prepare,
    .run = run,
};
