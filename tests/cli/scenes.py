# SPDX-License-Identifier: GPL-2.0-or-later
"""Scenes of what a program can have the kernel keep, each in a process of its own that has its name.

Usage: scenes.py FOLDER. Prints a line `NAME PID` for each scene that this kernel permits, then
`held`, and keeps all of it until the end of its input. In FOLDER there are files of its own.
"""
import ctypes
import errno
import os
import signal
import socket
import sys

COUNT = 300
libc = ctypes.CDLL(None, use_errno=True)
folder = sys.argv[1]


def call(name, *args):
    got = getattr(libc, name)(*args)
    if got == -1:
        raise OSError(ctypes.get_errno(), name)
    return got


def descriptors():
    """Unix sockets with descriptors in flight."""
    pairs = [socket.socketpair() for i in range(COUNT)]
    for a, b in pairs:
        socket.send_fds(a, [b"x"], [0])
    return pairs


def pipes():
    return [os.pipe() for i in range(COUNT)]


def watches():
    fd = call("inotify_init")
    for i in range(COUNT):
        path = "%s/watched%d" % (folder, i)
        open(path, "w").close()
        call("inotify_add_watch", fd, path.encode(), 2)


def keys():
    for i in range(COUNT):
        # add_key, to the keyring of the process
        call("syscall", 248, b"user", b"kpm%d" % i, b"x" * 40, 40, -2)


def locks():
    import fcntl

    f = open(folder + "/locked", "w")
    for i in range(COUNT):
        fcntl.lockf(f, fcntl.LOCK_EX, 1, 2 * i)
    return f


def timers():
    for i in range(COUNT):
        call("timer_create", 1, None, ctypes.byref(ctypes.c_long()))


def signals():
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGRTMIN])
    for i in range(COUNT):
        call("sigqueue", os.getpid(), signal.SIGRTMIN, ctypes.c_void_p(i))


def tmpfs():
    # memory of a process that has no name anywhere else
    return [os.memfd_create("kpm") for i in range(COUNT)]


def namespaces():
    for i in range(5):
        call("unshare", 0x40000000)
        held.append(os.open("/proc/self/ns/net", os.O_RDONLY))


def absent():
    """Many more, among all that others look up."""
    for i in range(10 * COUNT):
        try:
            os.stat("%s/absent%d" % (folder, i))
        except OSError as e:
            assert e.errno == errno.ENOENT


held = []
SCENES = [descriptors, pipes, watches, keys, locks, timers, signals, tmpfs, namespaces, absent]


def run(scene, ready):
    # PR_SET_NAME; the parent's files are not ours
    libc.prctl(15, ("scene_" + scene.__name__).encode(), 0, 0, 0)
    try:
        held.append(scene())
        os.write(ready, b"1")
    except OSError as e:
        sys.stderr.write("%s: %s\n" % (scene.__name__, e))
        os.write(ready, b"0")
    signal.pause()


def main():
    children = []
    for scene in SCENES:
        told, ready = os.pipe()
        pid = os.fork()
        if pid == 0:
            run(scene, ready)
        children.append(pid)
        if os.read(told, 1) == b"1":
            print("scene_" + scene.__name__, pid)
    print("held", flush=True)
    sys.stdin.read()
    for pid in children:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


main()
