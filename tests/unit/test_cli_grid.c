/* Tables in places of every width: what makes room, in which order, and that numbers stay whole. */
#include "cli/grid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <stdlib.h>
#include <string.h>

static const struct grid_column columns[] = {
    {"package", GRID_NAME, 6, 0}, {"name", GRID_NAME, 8, 0}, {"unit", GRID_SHORT, 5, 0},
    {"old", GRID_RIGHT, 0, 8},    {"x", GRID_RIGHT, 0, 1},   {"diff", GRID_RIGHT, 0, 0},
    {"verdict", 0, 0, 0},
};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

static const char *const cells[][COLUMNS] = {
    {"example.com/long/a", "Sort/size=1000-8", "instructions/op", "123456", "1.25", "+1.5%",
     "PASS"},
    {"example.com/long/a", "Sort/size=1000-8", "ns/op", "1", "2", "-10.25%", "not sure [12]"},
    {"example.com/long/a", "Größe/世界世界世界-8", "ns/op", "", "-", "from 0", ""},
};
enum { ROWS = sizeof cells / sizeof cells[0] };

static char *printed(size_t width, bool colors)
{
    const struct output_style style = {.width = width, .colors = colors};
    struct grid g;
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);

    grid_begin(&g, columns, COLUMNS);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t k = 0; k < COLUMNS; k++) {
            strbuf_puts(&g.text, cells[i][k]);
            grid_end_cell(&g, k == COLUMNS - 1 ? GRID_RED : GRID_PLAIN);
        }
    grid_print(&g, f, &style);
    grid_free(&g);
    fclose(f);
    return text;
}

static void check(size_t width, const char *want)
{
    char *got = printed(width, false);

    if (strcmp(got, want) != 0)
        fail_msg("%zu columns:\n%swant:\n%s", width, got, want);
    free(got);
}

static void room_is_made_in_order(void **state)
{
    (void)state;
    /* no limit */
    check(0,
          "package             name                  unit                old     x     diff  "
          "verdict\n"
          "example.com/long/a  Sort/size=1000-8      instructions/op  123456  1.25    +1.5%  PASS\n"
          "example.com/long/a  Sort/size=1000-8      ns/op                 1     2  -10.25%  not "
          "sure [12]\n"
          "example.com/long/a  Größe/世界世界世界-8  ns/op                       -   from 0\n");
    /* names give way first, the package before the benchmark */
    check(90,
          "package        name                  unit                old     x     diff  verdict\n"
          "exampl…long/a  Sort/size=1000-8      instructions/op  123456  1.25    +1.5%  PASS\n"
          "exampl…long/a  Sort/size=1000-8      ns/op                 1     2  -10.25%  not sure "
          "[12]\n"
          "exampl…long/a  Größe/世界世界世界-8  ns/op                       -   from 0\n");
    /* then x is left out */
    check(70, "pa…age  name           unit                old     diff  verdict\n"
              "ex…g/a  Sort/s…1000-8  instructions/op  123456    +1.5%  PASS\n"
              "ex…g/a  Sort/s…1000-8  ns/op                 1  -10.25%  not sure [12]\n"
              "ex…g/a  Größe/…世界-8  ns/op                     from 0\n");
    /* then names stand above their rows, and x is back */
    check(60, "  unit                old     x     diff  verdict\n"
              "example.com/long/a\n"
              "Sort/size=1000-8\n"
              "  instructions/op  123456  1.25    +1.5%  PASS\n"
              "  ns/op                 1     2  -10.25%  not sure [12]\n"
              "example.com/long/a\n"
              "Größe/世界世界世界-8\n"
              "  ns/op                       -   from 0\n");
    /* then old is left out */
    check(45, "  unit                diff  verdict\n"
              "example.com/long/a\n"
              "Sort/size=1000-8\n"
              "  instructions/op    +1.5%  PASS\n"
              "  ns/op            -10.25%  not sure [12]\n"
              "example.com/long/a\n"
              "Größe/世界世界世界-8\n"
              "  ns/op             from 0\n");
    /* then the last column is broken */
    check(40, "  unit                diff  verdict\n"
              "example.com/long/a\n"
              "Sort/size=1000-8\n"
              "  instructions/op    +1.5%  PASS\n"
              "  ns/op            -10.25%  not sure\n"
              "                            [12]\n"
              "example.com/long/a\n"
              "Größe/世界世界世界-8\n"
              "  ns/op             from 0\n");
    /* then the unit is shortened */
    check(30, "  unit      diff  verdict\n"
              "example.com/long/a\n"
              "Sort/size=1000-8\n"
              "  in…op    +1.5%  PASS\n"
              "  ns/op  -10.25%  not sure\n"
              "                  [12]\n"
              "example.com/long/a\n"
              "Größe/世界世界世界-8\n"
              "  ns/op   from 0\n");
}

/* Columns that UTF-8 takes here: of what the cells have, only CJK is wide. */
static size_t columns_of(const char *s, size_t bytes)
{
    size_t n = 0;

    for (size_t i = 0; i < bytes; i++)
        n += ((unsigned char)s[i] & 0xc0) == 0x80 ? 0 : (unsigned char)s[i] >= 0xe3 ? 2 : 1;
    return n;
}

static void every_width_is_kept_to(void **state)
{
    (void)state;
    for (size_t width = 30; width < 130; width++) {
        char *text = printed(width, false);
        size_t numbers = 0;

        for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL;) {
            if (columns_of(line, strlen(line)) > width)
                fail_msg("%zu columns: '%s' is %zu", width, line, columns_of(line, strlen(line)));
            assert_true(line[0] == '\0' || line[strlen(line) - 1] != ' ');
            numbers += strstr(line, " +1.5%") != NULL || strstr(line, " -10.25%") != NULL ||
                       strstr(line, " from 0") != NULL;
        }
        assert_int_equal(numbers, ROWS);
        free(text);
    }
}

static void colours_take_no_room(void **state)
{
    char *text = printed(0, true);

    (void)state;
    assert_non_null(strstr(text, "\033[31mnot sure [12]\033[0m\n"));
    free(text);
}

static void lines_are_broken_at_blanks(void **state)
{
    const struct output_style narrow = {.width = 12}, wide = {.width = 0};
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);

    (void)state;
    grid_lines(f, &narrow, 2, "one two three four\n\nfive\nlonger-than-the-line is\n");
    grid_lines(f, &wide, 2, "one two three four");
    grid_lines(f, &wide, 2, "");
    fclose(f);
    assert_string_equal(text, "one two\n  three four\n\nfive\nlonger-than-the-line\n  is\n"
                              "one two three four\n");
    free(text);
}

static void what_cannot_be_shown_is_escaped(void **state)
{
    const struct output_style style = {.width = 0};
    const struct grid_column one = {"x", 0, 0, 0};
    struct grid g;
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);

    (void)state;
    grid_begin(&g, &one, 1);
    strbuf_puts(&g.text, "a\033[1m\xff\xc2\x9b");
    grid_end_cell(&g, GRID_PLAIN);
    grid_print(&g, f, &style);
    grid_free(&g);
    fclose(f);
    assert_string_equal(text, "x\na\\x1b[1m\\xff\\xc2\\x9b\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(room_is_made_in_order),
        cmocka_unit_test(every_width_is_kept_to),
        cmocka_unit_test(colours_take_no_room),
        cmocka_unit_test(lines_are_broken_at_blanks),
        cmocka_unit_test(what_cannot_be_shown_is_escaped),
    };

    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
