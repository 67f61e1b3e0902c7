/* Any bytes as a record: what is accepted must be written, read back, and be the same. */
#include "bench/record.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct strbuf json = {0};
    struct record *first, *second;

    if (record_from_json((const char *)data, size, &first, NULL) < 0)
        return 0;
    if (record_to_json(first, &json, NULL) < 0 ||
        record_from_json(json.text, json.size, &second, NULL) < 0 || !record_equal(first, second))
        abort();
    record_free(first);
    record_free(second);
    strbuf_free(&json);
    return 0;
}
