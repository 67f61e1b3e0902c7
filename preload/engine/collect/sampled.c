#include "collect/sampled.h"

#include "base/strbuf.h"
#include "collect/samples_profile.h"
#include "collect/session.h"

#include <stdlib.h>
#include <string.h>

void sampled_free(struct sampled *s)
{
    samples_free(s->kept);
    free(s->benchmark);
    free(s->package);
    *s = (struct sampled){0};
}

static bool is_same(const struct sampled *s, const struct sampled_line *line)
{
    return s->kept != NULL && s->procs == line->procs &&
           strcmp(s->benchmark, line->benchmark) == 0 && strcmp(s->package, line->package) == 0;
}

static bool start(struct sampled *s, const struct sampled_line *line)
{
    sampled_free(s);
    s->kept = samples_new(line->plan, (struct samples_program){0});
    s->benchmark = strdup(line->benchmark);
    s->package = strdup(line->package);
    s->procs = line->procs;
    s->time_ns = line->end_ns - line->duration_ns;
    return s->kept != NULL && s->benchmark != NULL && s->package != NULL;
}

static bool merge(struct sampled *s, const struct sampled_line *line)
{
    if (!is_same(s, line) && !start(s, line))
        return false;
    if (line->each) {
        samples_begin(s->kept, 0);
        s->time_ns = line->end_ns - line->duration_ns;
        s->duration_ns = 0;
    }
    for (size_t i = 0; i < line->n_regions; i++)
        s->region[line->region[i].number] = line->region[i].name;
    s->repetition++;
    s->duration_ns += line->duration_ns;
    return samples_merge(s->kept, line->samples);
}

int sampled_add(struct sampled *s, const struct sampled_line *line, const struct elf_image *image,
                const struct gobin *bin, const char *file, struct profile **out,
                struct pg_error *err)
{
    struct samples_subject subject = {
        .sampling = line->plan,
        .benchmark = line->benchmark,
        .package = line->package,
        .procs = line->procs,
        .tags = line->tags,
        .unsampled = line->unsampled,
    };
    struct places *places = NULL;
    int rc;

    *out = NULL;
    if (!merge(s, line))
        return pg_error_set(err, PG_E_NOMEM, "no memory for a profile");
    if (samples_sums(s->kept).taken == 0)
        return 0;
    rc = places_open(image, bin, file, &places, err);
    if (rc < 0)
        return rc;
    subject.places = places;
    subject.region = s->region;
    subject.runs = line->each ? 1 : s->repetition;
    subject.time_ns = s->time_ns;
    subject.duration_ns = s->duration_ns;
    rc = samples_profile(s->kept, &subject, out, err);
    places_close(places);
    return rc;
}

int sampled_encode(const struct sampled_line *line, const struct elf_image *image,
                   const struct gobin *bin, const char *file, char **bytes, size_t *size,
                   uint64_t *taken, uint64_t *lost, struct pg_error *err)
{
    const struct samples_sums sums = samples_sums(line->samples);
    struct profile *profile = NULL;
    struct sampled one = {0};
    struct strbuf out = {0};
    int rc = sampled_add(&one, line, image, bin, file, &profile, err);

    *taken = sums.taken;
    *lost = sums.lost;
    if (rc == 0 && profile != NULL)
        rc = profile_encode(profile, &out, err);
    if (rc < 0) {
        strbuf_free(&out);
    } else {
        *bytes = out.text;
        *size = out.size;
    }
    profile_free(profile);
    sampled_free(&one);
    return rc;
}
