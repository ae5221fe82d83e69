#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# tests/run/helpers/swap.py A B: exchange two names, over and over, until killed (renameat2 RENAME_EXCHANGE).
import ctypes, os, sys

libc = ctypes.CDLL(None, use_errno=True)
a, b = (os.fsencode(p) for p in sys.argv[1:3])
if libc.renameat2(-100, a, -100, b, 2):
    sys.exit(os.strerror(ctypes.get_errno()))
print("swapping", flush=True)
while True:
    libc.renameat2(-100, a, -100, b, 2)
