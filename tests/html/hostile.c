/* hostile.c FILE - writes a profile whose names try to leave the data they are, for the tests in a
 * browser. */
#include "profile/profile.h"

#include "base/files.h"

#include <stdio.h>

/* What a name would do if anything took it as markup, script, or the end of either. */
#define HOSTILE                                             \
    "x</script><script>window.hacked=1</script><img src=x " \
    "onerror=window.hacked=1>\"'`&lt;\n]]>-->"              \
    "\xe2\x80\xa8${window.hacked=1}"

int main(int argc, char **argv)
{
    const struct profile_type type = {HOSTILE, HOSTILE};
    const struct profile_frame frame[] = {{HOSTILE, HOSTILE, 7, 1}, {"main.f", "f.go", 9, 1}};
    struct profile *p = profile_new(&type, 1);
    const uint64_t stack[] = {profile_location(p, false, 1, &frame[0], 1),
                              profile_location(p, false, 2, &frame[1], 1)};
    const int64_t value = 1000;
    struct strbuf bytes = {0};

    profile_add_sample(p, stack, 2, &value, NULL, 0);
    profile_add_comment(p, HOSTILE);
    if (argc != 2 || profile_encode(p, &bytes, NULL) < 0 ||
        file_replace(argv[1], bytes.text, bytes.size, NULL) < 0)
        return 1;
    strbuf_free(&bytes);
    profile_free(p);
    return 0;
}
