/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <errno.h>
#include <host/host.h>
#include <inspect/report.h>
#include <string.h>

static char text[4096];

static void keep(void *context, const char *part, size_t length)
{
    (void)context;
    strncat(text, part, length);
}

static const struct report_column columns[] = {
    {"held by", REPORT_LEFT}, {"size", REPORT_RIGHT}, {"what", REPORT_LEFT}};

static const char *show(enum report_form form)
{
    struct report *r;
    text[0] = '\0';
    CHECK_EQ(report_open(form, "test", (struct report_sink){.write = keep}, &r), 0);
    report_begin_table(r, "things", NULL, columns, 3);
    report_text(r, "a \"b\"\n\x07");
    report_bytes(r, 8192);
    report_address(r, 0x1000);
    report_nothing(r);
    report_number(r, 1234567);
    report_text(r, "%s", "longer");
    report_end_table(r);
    report_begin_table(r, "none", "Nothing", columns, 3);
    report_end_table(r);
    report_node(r, (struct report_node){'t', 1}, REPORT_BAD, "one\n\"1\"");
    report_node(r, (struct report_node){'o', 2}, REPORT_PLAIN, "two");
    report_edge(r, (struct report_node){'t', 1}, (struct report_node){'o', 2}, REPORT_FAINT, "to");
    CHECK_EQ(report_close(r), 0);
    return text;
}

TEST(text_is_columns_under_headings)
{
    CHECK_STR(show(REPORT_TEXT), "HELD BY     SIZE  WHAT\n"
                                 "a \"b\"\n\x07       8K  0x1000\n"
                                 "-        1234567  longer\n"
                                 "\n"
                                 "Nothing: none\n");
}

TEST(json_has_the_same_cells_by_name)
{
    CHECK_STR(show(REPORT_JSON),
              "{\"view\": \"test\",\n\"things\": ["
              "\n  {\"held_by\": \"a \\\"b\\\"\\n?\", \"size\": 8192, \"what\": \"0x1000\"},"
              "\n  {\"held_by\": null, \"size\": 1234567, \"what\": \"longer\"}],\n"
              "\"none\": []\n}\n");
}

TEST(dot_has_the_graph_alone)
{
    CHECK_STR(show(REPORT_DOT),
              "digraph test {\n    rankdir=LR;\n    node [fontname=monospace];\n"
              "    t1 [shape=box, label=\"one\\n\\\"1\\\"\", color=red, penwidth=2];\n"
              "    o2 [shape=ellipse, label=\"two\"];\n"
              "    t1 -> o2 [label=\"to\", style=dotted];\n}\n");
}

TEST(bytes_are_short_only_where_that_is_exact)
{
    struct report *r;
    text[0] = '\0';
    CHECK_EQ(report_open(REPORT_TEXT, "test", (struct report_sink){.write = keep}, &r), 0);
    report_begin_table(r, "things", NULL, columns, 3);
    report_bytes(r, 1025);
    report_bytes(r, UINT64_C(3) << 30);
    report_bytes(r, 0);
    report_end_table(r);
    CHECK_EQ(report_close(r), 0);
    CHECK(strstr(text, "1025       3G  0\n") != NULL);
}

TEST(a_report_without_memory_says_that_it_is_not_complete)
{
    struct report *r;
    text[0] = '\0';
    host_inject("allocate", 1, ENOMEM);
    CHECK_EQ(report_open(REPORT_TEXT, "test", (struct report_sink){.write = keep}, &r), -ENOMEM);
    host_inject("allocate", 1, 0);
    CHECK_EQ(report_open(REPORT_TEXT, "test", (struct report_sink){.write = keep}, &r), 0);
    host_inject("allocate", 1, ENOMEM);
    report_begin_table(r, "things", NULL, columns, 3);
    report_number(r, 1);
    report_end_table(r);
    CHECK_EQ(report_close(r), -ENOMEM);
    host_inject("allocate", 1, 0);
}
