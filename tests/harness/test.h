/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The unit-test harness. A test file is a program of its own:
 *
 *     TEST(queue_keeps_its_order)
 *     {
 *         CHECK(queue_is_empty(&queue));
 *         CHECK_EQ(queue_first(&queue), 7);
 *         CHECK_STR(name, "init");
 *     }
 *
 * A failing check prints its place and both values, and the test goes on: checks return whether
 * they held, for a test that has to stop. A test without a check counts as failed.
 *
 * test_x [--list | --first] [FILTER...]: lists the tests, or runs those whose names contain a
 * FILTER; with --first it ends at the first that fails.
 */
#ifndef TEST_H
#define TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct test {
    const char *name;
    void (*run)(void);
    struct test *next;
};

/* Called before main() for each test: tests run in the order they stand in the file. */
void test_register(struct test *test);

/* A failed assertion of the code under test ends the test binary; inside `run` it is caught. */
bool test_asserts(void (*run)(void *context), void *context);

bool test_check(bool holds, const char *what, const char *file, int line);
bool test_check_equal(uint64_t a, uint64_t b, const char *a_text, const char *b_text,
                      const char *file, int line);
bool test_check_string(const char *a, const char *b, const char *a_text, const char *b_text,
                       const char *file, int line);
bool test_check_memory(const void *a, const void *b, size_t size, const char *a_text,
                       const char *b_text, const char *file, int line);

/* Says that the test cannot run on this host, and why; the test should return then. */
void test_skip(const char *why);

#define TEST(test_name)                                                                            \
    static void test_run_##test_name(void);                                                        \
    __attribute__((constructor)) static void test_register_##test_name(void)                       \
    {                                                                                              \
        static struct test test = {.name = #test_name, .run = test_run_##test_name};               \
        test_register(&test);                                                                      \
    }                                                                                              \
    static void test_run_##test_name(void)

#define CHECK(condition) test_check((condition), #condition, __FILE__, __LINE__)

/* Integers, enumerators, booleans and pointers-as-integers of any width and sign. */
#define CHECK_EQ(a, b) test_check_equal((uint64_t)(a), (uint64_t)(b), #a, #b, __FILE__, __LINE__)

/* Either may be NULL. */
#define CHECK_STR(a, b) test_check_string((a), (b), #a, #b, __FILE__, __LINE__)

#define CHECK_MEM(a, b, size) test_check_memory((a), (b), (size), #a, #b, __FILE__, __LINE__)

#endif
