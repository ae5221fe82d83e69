#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# tests/run/helpers/receive.py SOCKET OUTPUT [WORDS]: listen at SOCKET (OUTPUT.ready says so), take one fd by SCM_RIGHTS as
# engines do, and write to OUTPUT.name the payload and to OUTPUT what comes out of the terminal until it hangs up. WORDS are
# typed once it has shown something. With OUTPUT "-" only the payload and the kind of file are printed.
import array, os, socket, sys

server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
server.bind(sys.argv[1])
server.listen(1)
open(sys.argv[1] + ".ready", "w").close()
peer = server.accept()[0]
room = socket.CMSG_SPACE(4)
data, control, flags, _ = peer.recvmsg(4096, room)
assert data and not flags & socket.MSG_CTRUNC and len(control) == 1, (data, control, flags)
fds = array.array("i")
fds.frombytes(control[0][2])
assert len(fds) == 1
if sys.argv[2] == "-":
    info = open("/proc/self/fdinfo/%d" % fds[0]).read()
    pid = [line.split()[1] for line in info.splitlines() if line.startswith("Pid:")]
    print(data.decode(), os.readlink("/proc/self/fd/%d" % fds[0]), *pid)
    sys.exit(0)
open(sys.argv[2] + ".name", "wb").write(data)
words = sys.argv[3].encode().decode("unicode_escape").encode() if len(sys.argv) > 3 else b""
with open(sys.argv[2], "wb") as out:
    while True:
        try:
            chunk = os.read(fds[0], 4096)
        except OSError:
            break
        if not chunk:
            break
        out.write(chunk)
        out.flush()
        if words:
            os.write(fds[0], words)
            words = b""
