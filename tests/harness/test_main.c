/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct test *first;
static struct test **last = &first;

/* Of the test that runs. */
static unsigned checks, failures;
static const char *skipped;
static jmp_buf assertion_target;
static bool assertion_expected;

void test_register(struct test *test)
{
    *last = test;
    last = &test->next;
}

static bool fail(const char *file, int line)
{
    failures++;
    printf("%s:%d: ", file, line);
    return false;
}

bool test_check(bool holds, const char *what, const char *file, int line)
{
    checks++;
    if (holds) {
        return true;
    }
    fail(file, line);
    printf("does not hold: %s\n", what);
    return false;
}

bool test_check_equal(uint64_t a, uint64_t b, const char *a_text, const char *b_text,
                      const char *file, int line)
{
    checks++;
    if (a == b) {
        return true;
    }
    fail(file, line);
    printf("%s is %#llx (%lld), but %s is %#llx (%lld)\n", a_text, (unsigned long long)a,
           (long long)a, b_text, (unsigned long long)b, (long long)b);
    return false;
}

bool test_check_string(const char *a, const char *b, const char *a_text, const char *b_text,
                       const char *file, int line)
{
    checks++;
    if (a == b || (a && b && strcmp(a, b) == 0)) {
        return true;
    }
    fail(file, line);
    printf("%s differs from %s:\n  \"%s\"\n  \"%s\"\n", a_text, b_text, a ? a : "(null)",
           b ? b : "(null)");
    return false;
}

bool test_check_memory(const void *a, const void *b, size_t size, const char *a_text,
                       const char *b_text, const char *file, int line)
{
    const unsigned char *left = a, *right = b;

    checks++;
    for (size_t i = 0; i < size; i++) {
        if (left[i] != right[i]) {
            fail(file, line);
            printf("%s differs from %s at byte %zu of %zu: %#x, %#x\n", a_text, b_text, i, size,
                   left[i], right[i]);
            return false;
        }
    }
    return true;
}

void test_skip(const char *why)
{
    skipped = why;
}

bool test_asserts(void (*run)(void *context), void *context)
{
    volatile bool caught = true;

    assertion_expected = true;
    if (setjmp(assertion_target) == 0) {
        run(context);
        caught = false;
    }
    assertion_expected = false;
    return caught;
}

/* The test seat's end of base/assert.h. Weak: a layer above may bring the real one. */
_Noreturn void assertion_failed(const char *what, const char *file, int line);

__attribute__((weak)) void assertion_failed(const char *what, const char *file, int line)
{
    if (assertion_expected) {
        longjmp(assertion_target, 1);
    }
    printf("%s:%d: assertion failed: %s\n", file, line, what);
    fflush(stdout);
    abort();
}

static bool is_selected(const struct test *test, int filters, char **filter)
{
    for (int i = 0; i < filters; i++) {
        if (strstr(test->name, filter[i])) {
            return true;
        }
    }
    return filters == 0;
}

static bool run(const struct test *test)
{
    checks = 0;
    failures = 0;
    skipped = NULL;
    test->run();
    if (skipped && failures == 0) {
        printf("skip %s: %s\n", test->name, skipped);
        return true;
    }
    if (checks == 0) {
        printf("%s checks nothing\n", test->name);
        failures++;
    }
    printf("%s %s\n", failures ? "FAIL" : "ok", test->name);
    return failures == 0;
}

int main(int argc, char **argv)
{
    bool list = argc > 1 && strcmp(argv[1], "--list") == 0;
    bool ends_at_first = argc > 1 && strcmp(argv[1], "--first") == 0;
    int first_filter = 1 + (list || ends_at_first);
    unsigned selected = 0, failed = 0;
    pid_t self = getpid();

    setvbuf(stdout, NULL, _IOLBF, 0);
    for (const struct test *test = first; test; test = test->next) {
        if (list) {
            puts(test->name);
        } else if (is_selected(test, argc - first_filter, argv + first_filter)) {
            selected++;
            failed += !run(test);
            if (failed && ends_at_first)
                return 1;
            if (getpid() != self) {
                printf("FAIL %s: returned in a child process\n", test->name);
                _exit(1);
            }
        }
    }
    if (!list && selected == 0) {
        printf("no test matches\n");
        return 2;
    }
    return failed ? 1 : 0;
}
