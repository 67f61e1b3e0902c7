/* say.c - the agent's messages.
 *
 * Tests compare what their children print, so the agent is silent unless something is wrong in a
 * process that was asked to run benchmarks, or a log was asked for. Under perfgo exec the command
 * collects the messages from a file and prints each once for all the packages of a run.
 * [constructor] [recorder]
 */
#include "agent.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TEXT = 768 };

static void append_line(const char *path, const char *line, size_t size)
{
    int fd = strcmp(path, "-") == 0 ? dup(STDERR_FILENO)
                                    : open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);

    if (fd < 0)
        return;
    if (write(fd, line, size) < 0) {
        /* Nowhere left to complain to. */
    }
    close(fd);
}

/* JSON string contents (RFC 8259); stops in time for the closing characters. */
static size_t escape(char *out, size_t capacity, const char *text)
{
    size_t n = 0;

    for (; *text != '\0' && n + 8 < capacity; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\')
            out[n++] = '\\';
        if (c < 0x20)
            n += (size_t)snprintf(out + n, capacity - n, "\\u%04x", c);
        else
            out[n++] = (char)c;
    }
    return n;
}

void say(const char *kind, const char *fmt, ...)
{
    char text[TEXT], line[3 * TEXT];
    va_list args;
    size_t n;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    say_log("%s: %s", kind, text);
    if (agent.settings.notes != NULL) {
        n = (size_t)snprintf(line, sizeof line, "{\"event\":\"%s\",\"text\":\"", kind);
        n += escape(line + n, sizeof line - n, text);
        line[n++] = '"';
        line[n++] = '}';
        line[n++] = '\n';
        append_line(agent.settings.notes, line, n);
    } else if (strcmp(kind, "armed") != 0) {
        n = (size_t)snprintf(line, sizeof line, "perfgo: %s\n", text);
        append_line("-", line, n);
    }
}

void say_log(const char *fmt, ...)
{
    char text[TEXT], line[TEXT + 32];
    va_list args;
    int n;

    if (agent.settings.log == NULL)
        return;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    n = snprintf(line, sizeof line, "perfgo[%d]: %s\n", (int)getpid(), text);
    append_line(agent.settings.log, line, (size_t)n);
}
