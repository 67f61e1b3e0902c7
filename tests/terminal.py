"""terminal.py - programs on a terminal, for tests (lib.sh lets Python find it).

What a program wrote just before it ended can be lost when its end closes the terminal (on Linux 6.18 in one
of 300 runs, in one of 30 on a busy machine). So it is held open here until everything was read.
"""
import fcntl
import os
import struct
import termios
import threading


class Terminal:
    """Starts a command on a terminal of its own."""

    def __init__(self, command, columns=80, rows=24):
        self.fd, self.held = os.openpty()
        fcntl.ioctl(self.held, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            fcntl.ioctl(self.held, termios.TIOCSCTTY, 0)
            for fd in range(3):
                os.dup2(self.held, fd)
            os.closerange(3, self.held + 1)
            os.execvp(command[0], command)

    def type(self, keys):
        os.write(self.fd, keys)

    def finish(self):
        """Waits for the program; returns what it wrote, with a newline between lines, and its wait status."""
        status = []

        def wait():
            status.append(os.waitpid(self.pid, 0)[1])
            os.write(self.held, b"\0")

        waiter = threading.Thread(target=wait)
        waiter.start()
        text = b""
        while not text.endswith(b"\0"):
            text += os.read(self.fd, 1 << 16)
        waiter.join()
        os.close(self.fd)
        os.close(self.held)
        return text[:-1].decode().replace("\r\n", "\n"), status[0]
