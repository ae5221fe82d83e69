#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# tests/run/helpers/on_tty.py ROWS COLUMNS TYPED COMMAND...: run a command on a terminal of that size, type TYPED (with
# escapes) once it has written something, print what it writes, and exit with its status.
import fcntl, os, struct, sys, termios

rows, columns, typed, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:]
master, slave = os.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
before = termios.tcgetattr(slave)
child = os.fork()
if child == 0:
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in 0, 1, 2:
        os.dup2(slave, fd)
    os.close(master)
    os.execvp(command[0], command)
typed = typed.encode().decode("unicode_escape").encode()
os.set_blocking(master, False)
import select
ended = None
while True:
    ready = select.select([master], [], [], 0.05)[0]
    if ready:
        chunk = os.read(master, 4096)
        sys.stdout.buffer.write(chunk)
        sys.stdout.flush()
        if typed:
            os.write(master, typed)
            typed = b""
    elif ended is not None:
        break
    if ended is None:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            ended = status
if termios.tcgetattr(slave) != before:
    sys.exit("the terminal was not restored")
sys.exit(os.WEXITSTATUS(ended) if os.WIFEXITED(ended) else 128 + os.WTERMSIG(ended))
