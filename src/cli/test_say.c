/* SPDX-License-Identifier: BSD-2-Clause */
#include <cli/commands.h>
#include <cli/say.h>
#include <cli/status.h>
#include <test.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char captured[8192];

/* What `body` writes to `stream`. */
static const char *capture(FILE *stream, void (*body)(void))
{
    FILE *file = tmpfile();
    int saved, fd = fileno(stream);
    size_t length;

    fflush(stream);
    saved = dup(fd);
    if (file == NULL || saved < 0) {
        return "";
    }
    dup2(fileno(file), fd);
    body();
    fflush(stream);
    dup2(saved, fd);
    close(saved);
    rewind(file);
    length = fread(captured, 1, sizeof(captured) - 1, file);
    captured[length] = '\0';
    fclose(file);
    return captured;
}

static void say_something(void)
{
    say("%s: %d", "what", 7);
}

TEST(say_writes_a_line)
{
    CHECK_STR(capture(stderr, say_something), "sel4emu: what: 7\n");
}

static int end_status;

static void end_into_nothing(void)
{
    int saved, full = open("/dev/full", O_WRONLY | O_CLOEXEC);

    fflush(stdout);
    saved = dup(STDOUT_FILENO);
    dup2(full, STDOUT_FILENO);
    printf("lost\n");
    end_status = say_end(STATUS_OK);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    close(full);
    clearerr(stdout);
}

TEST(say_end_reports_lost_output)
{
    CHECK_STR(capture(stderr, end_into_nothing),
              "sel4emu: standard output: No space left on device\n");
    CHECK_EQ(end_status, STATUS_HOST);
    CHECK_EQ(say_end(STATUS_IDLE), STATUS_IDLE);
}

static int status;
static char *arguments[8];

static void run_main(void)
{
    int argc = 0;

    while (arguments[argc] != NULL) {
        argc++;
    }
    status = command_main(argc, arguments);
}

static const char *run_for(FILE *stream, const char *one, const char *two, const char *three)
{
    static char words[4][64];
    const char *given[] = {"sel4emu", one, two, three};

    memset(arguments, 0, sizeof(arguments));
    for (size_t i = 0; i < 4 && given[i] != NULL; i++) {
        snprintf(words[i], sizeof(words[i]), "%s", given[i]);
        arguments[i] = words[i];
    }
    return capture(stream, run_main);
}

TEST(help_shows_every_command_and_status)
{
    const char *text = run_for(stdout, "--help", NULL, NULL);

    CHECK_EQ(status, STATUS_OK);
    for (size_t i = 0; i < command_count; i++) {
        CHECK(strstr(text, command_table[i]->summary) != NULL);
    }
    CHECK(strstr(text, "\n  124  --timeout passed\n") != NULL);
    CHECK(strstr(run_for(stdout, "help", "run", NULL), "--memory SIZE") != NULL);
    CHECK(strstr(run_for(stdout, "run", "--help", NULL), "KernelIsMCS=OFF") != NULL);
    CHECK(strstr(run_for(stdout, "run", "--help", NULL), "inject") == NULL);
    CHECK(strstr(run_for(stdout, "doctor", "-h", NULL), "sel4emu doctor: ") != NULL);
}

TEST(help_names_the_nearest_command)
{
    CHECK_STR(run_for(stderr, "help", "docter", NULL),
              "sel4emu: unknown command docter; did you mean sel4emu help doctor?\n");
    CHECK_EQ(status, STATUS_USAGE);
    CHECK_STR(run_for(stderr, "help", "zzz", NULL),
              "sel4emu: unknown command zzz; see sel4emu help\n");
}

TEST(version_is_one_line)
{
    const char *text = run_for(stdout, "--version", NULL, NULL);

    CHECK(strncmp(text, "sel4emu ", 8) == 0);
    CHECK(strchr(text, '\n') == text + strlen(text) - 1);
    CHECK_EQ(status, STATUS_OK);
}

TEST(bad_command_lines_give_one_line_and_their_status)
{
    static const struct {
        const char *one, *two;
        int status;
        const char *part;
    } rows[] = {
        {NULL, NULL, STATUS_USAGE, "usage: sel4emu [run]"},
        {"run", NULL, STATUS_USAGE, "no image given"},
        {"--memroy", "1G", STATUS_USAGE, "did you mean --memory?"},
        {"--helo", NULL, STATUS_USAGE, "did you mean --help?"},
        {"/nonexistent/image", NULL, STATUS_IMAGE, "/nonexistent/image: No such file"},
        {"docter", NULL, STATUS_IMAGE, "did you mean the command doctor?"},
        {"/dev/null", NULL, STATUS_IMAGE, "not a regular file"},
        {"one", "two", STATUS_USAGE, "unexpected argument two"},
        {"doctor", "now", STATUS_USAGE, "unexpected argument now"},
        {"--config=/nonexistent", "/proc/self/exe", STATUS_IMAGE, "/proc/self/exe"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *text = run_for(stderr, rows[i].one, rows[i].two, NULL);

        if (!CHECK(strstr(text, rows[i].part) != NULL) || !CHECK_EQ(status, rows[i].status)) {
            printf("%s", text);
        }
        CHECK(strchr(text, '\n') == text + strlen(text) - 1);
    }
}

TEST(doctor_ends_with_a_verdict)
{
    CHECK(strstr(run_for(stdout, "doctor", "--inject=ptrace:0:EPERM", NULL),
                 "sel4emu cannot run here: 1 of what it needs is missing.\n") != NULL);
    CHECK_EQ(status, STATUS_UNSUPPORTED);
    CHECK(strstr(captured, "--cap-add=SYS_PTRACE") != NULL);
}
