#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""silent_fuse.py PID DIR: in the mount namespace of process PID mount a FUSE that never answers on DIR, say so, and stay."""
import ctypes
import os
import signal
import sys

libc = ctypes.CDLL(None, use_errno=True)
fuse = os.open("/dev/fuse", os.O_RDWR)
namespace = os.open(f"/proc/{sys.argv[1]}/ns/mnt", os.O_RDONLY)
if libc.setns(namespace, 0x00020000):
    sys.exit(f"setns: {os.strerror(ctypes.get_errno())}")
data = f"fd={fuse},rootmode=40000,user_id=0,group_id=0,allow_other".encode()
if libc.mount(b"silent", sys.argv[2].encode(), b"fuse", 0, data):
    sys.exit(f"mount: {os.strerror(ctypes.get_errno())}")
print("mounted", flush=True)
signal.pause()
