/* regions.h - named parts of a benchmark, marked by the program itself (gohook.Region).
 *
 * A REGION counts what the timer's windows count while somebody is in it, on all threads: it begins
 * with the first who enters and ends with the last who leaves, and whatever the timer leaves out is
 * left out of it. Its counts belong to a run, as those of windows do, and go into the record.
 * Samples of profiles carry the names of all regions that were open, for the same reason: a sample
 * of any thread, whoever entered.
 */
#ifndef PERFGO_AGENT_REGIONS_H
#define PERFGO_AGENT_REGIONS_H

#include "collect/session.h"
#include "hot/sampler.h"

#include <stddef.h>
#include <stdint.h>

enum { MAX_REGIONS = HOT_REGIONS, REGION_NAME = 120 };

/* The number of a name, the same each time; -1: it is too long, or there are too many. [go thread]
 */
int region_number(const char *name, size_t size);

/* Somebody enters or leaves; a number that is none is ignored. [go thread] */
void region_begin(int region);
void region_end(int region);

/* A run begins, or the timer is reset: regions are at zero. With `leave` nobody is in them any
 * more. [go thread] */
void regions_forget(bool leave);

/* What the regions of the run counted, perfgo's own share taken off. Returns how many were entered;
 * names stay valid. [go thread] */
size_t regions_total(struct session_region out[MAX_REGIONS]);

/* Measures what entering and leaving costs by itself, inside a window. Needs agent.windows and the
 * stacks. [constructor] */
void regions_calibrate(void);

#endif
