/* files.h - whole small files and paths. Descriptors are close-on-exec. [any thread with libc] */
#ifndef PERFGO_BASE_FILES_H
#define PERFGO_BASE_FILES_H

#include "base/error.h"
#include "base/strbuf.h"

#include <stddef.h>
#include <sys/types.h>

/* Appends the content of a file to *out; files in /proc and /sys are fine. PG_E_NOTFOUND when it is
 * absent, PG_E_LIMIT when it is longer than max, else PG_E_IO or PG_E_PERMISSION. */
int file_read(const char *path, size_t max, struct strbuf *out, struct pg_error *err);

/* Reads the first line of a small file without its newline into buf; false when that fails. */
bool file_line(const char *path, char *buf, size_t size);

/* write(2) until everything is out; 0 or -errno. */
int file_write_all(int fd, const char *data, size_t size);

/* Replaces a file in one step: a reader sees the old content or the new, never a mixture. */
int file_replace(const char *path, const char *data, size_t size, struct pg_error *err);

/* Removes all that is below an open directory, as far as that is allowed; links are not followed.
 */
void file_empty_directory(int fd);

/* mkdir -p; 0 or -errno. */
int file_mkdirs(const char *path, mode_t mode);

#endif
