# SPDX-License-Identifier: Apache-2.0
"""criu.py swrk FD: stands in for criu. Decodes the request by criu's rpc.proto and writes to $CRIU_TOLD what it says, an
option a line; then does what $CRIU_DOES says."""
import os
import socket
import sys
import time

NAMES = {
    1: "images_dir_fd", 2: "pid", 3: "leave_running", 4: "ext_unix_sk", 5: "tcp_established", 7: "shell_job",
    8: "file_locks", 9: "log_level", 10: "log_file", 11: "ps", 12: "notify_scripts", 13: "root", 14: "parent_img",
    15: "track_mem", 16: "auto_dedup", 17: "work_dir_fd", 18: "link_remap", 23: "ext_mnt", 25: "cg_root",
    26: "rst_sibling", 27: "inherit_fd", 34: "manage_cgroups_mode", 37: "external", 38: "empty_ns", 40: "join_ns",
    44: "freeze_cgroup", 46: "tcp_skip_in_flight", 48: "lazy_pages", 50: "orphan_pts_master", 51: "config_file",
    52: "tcp_close", 53: "lsm_profile", 63: "lsm_mount_context", 64: "network_lock",
}
MESSAGES = ("ps", "ext_mnt", "cg_root", "inherit_fd", "join_ns")


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, at


def fields(data):
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        value, at = varint(data, at)
        if key & 7 == 2:
            value, at = data[at:at + value], at + value
        yield key >> 3, value


def number(field, value):
    out = bytearray()
    for word in (field << 3, value):
        while word > 0x7F:
            out.append(word & 0x7F | 0x80)
            word >>= 7
        out.append(word)
    return bytes(out)


def message(field, data):
    return number(field, 0)[:-1].replace(bytes([field << 3]), bytes([field << 3 | 2])) + bytes([len(data)]) + data


def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def told(request):
    options = dict(fields(request)).get(2, b"")
    lines = ["type %d" % dict(fields(request))[1]]
    found = {}
    for field, value in fields(options):
        name = NAMES.get(field, "field %d" % field)
        if name in MESSAGES:
            value = " ".join(text(v) for _, v in fields(value))
        found[name] = value
        lines.append("%s %s" % (name, text(value)))
    # by our own fds, as criu takes them
    images = os.readlink("/proc/self/fd/%d" % found["images_dir_fd"])
    lines.append("images " + images)
    if "work_dir_fd" in found:
        lines.append("work " + os.readlink("/proc/self/fd/%d" % found["work_dir_fd"]))
    with open(os.environ["CRIU_TOLD"], "w") as out:
        out.write("\n".join(lines) + "\n")
    return found, images


def freeze(directory):
    for name, word in (("cgroup.freeze", "1"), ("freezer.state", "FROZEN")):
        path = os.path.join(directory, name)
        if os.path.exists(path):
            with open(path, "w") as out:
                out.write(word)


def main():
    does = os.environ["CRIU_DOES"]
    if does == "early":
        sys.exit("Error: an early end")
    peer = socket.socket(fileno=int(sys.argv[2]))
    request = peer.recv(1 << 20)
    assert dict(fields(request))[1] == 10 and dict(fields(request))[4] == 1, "first the version is asked for"
    version = number(1, 3) + number(2, 15 if does == "old" else 17)
    peer.send(number(1, 10) + number(2, 1) + message(10, version))
    request = peer.recv(1 << 20)
    if not request:
        return
    options, images = told(request)
    kind = dict(fields(request))[1]
    if does in ("hang", "freeze"):
        if does == "freeze" and text(options.get("freeze_cgroup", b"")):
            freeze(text(options["freeze_cgroup"]))
        time.sleep(1000)
    if does == "die":
        return
    if does == "garbage":
        peer.send(b"\xff" * 40)
        time.sleep(1000)
    with open(os.path.join(images, text(options["log_file"])), "w") as log:
        log.write("(00.01) all is well\n(00.02) Error (criu/util.c:1): exited, status=1\n")
        if does == "fail":
            log.write("(00.03) Error (criu/x.c:1): it does not like it\n(00.04) Error (criu/y.c:2): later\n")
    ok = does == "succeed"
    peer.send(number(1, kind) + number(2, 1 if ok else 0) + (number(7, 13) if does == "errno" else b""))


if sys.argv[1] != "swrk":
    sys.exit("usage: criu.py swrk FD")
main()
