/* progress.h - tells perfgo exec which benchmark begins, while simulating. */
#ifndef PERFGO_AGENT_PROGRESS_H
#define PERFGO_AGENT_PROGRESS_H

#include "agent.h"

/* Makes DIR/progress, DIR being PERFGO_SIMULATE_DIR; without it nothing is told. [constructor] */
void progress_open(void);

/* Adds the name of a benchmark, as a line. [go thread] */
void progress_tell(struct go_string name);

#endif
