#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes the kernel allocate from many places, and keeps it all until its input ends.

sites.py FOLDER: files go there. Writes a line once everything is held.
"""
import ctypes
import fcntl
import mmap
import os
import select
import socket
import subprocess
import sys

COUNT = 30
keep = []
libc = ctypes.CDLL(None)
folder = sys.argv[1]

for i in range(COUNT):
    keep.append(os.pipe())
    a, b = socket.socketpair()
    b.send(b"x" * 100)
    socket.send_fds(b, [b"y"], [0])
    keep += [a, b]
    keep.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    keep.append(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    poll = select.epoll()
    poll.register(keep[0][0])
    keep.append(poll)
    keep.append(os.memfd_create("sites"))
    status = os.open("/proc/self/status", os.O_RDONLY)
    os.read(status, 10)
    keep.append(status)
    keep.append(mmap.mmap(-1, 4096))
    keep.append(subprocess.Popen(["sleep", "100"]))
    libc.eventfd(0, 0)
    libc.timerfd_create(1, 0)
    libc.signalfd(-1, b"\0" * 128, 0)
    libc.inotify_add_watch(libc.inotify_init(), folder.encode(), 2)
    lock = open(f"{folder}/lock{i}", "w", encoding="ascii")
    fcntl.lockf(lock, fcntl.LOCK_EX)
    keep.append(lock)
print("held", flush=True)
sys.stdin.read()
for held in keep:
    if isinstance(held, subprocess.Popen):
        held.kill()
        held.wait()
