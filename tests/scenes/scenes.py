# SPDX-License-Identifier: GPL-2.0-or-later
"""Scenes of what a kernel's memory does, with labels in labels.tsv.

Usage: scenes.py SCENE RATE SECONDS FOLDER
       scenes.py --list

Runs SCENE for so many seconds, in a process named scene_SCENE, at about RATE things a second,
whatever they are. FOLDER is for files; what is made is gone when the program ends, messages and
segments included. Scenes that stop in the course of the run do so by its length.
"""
import ctypes
import mmap
import os
import signal
import socket
import subprocess
import sys
import threading
import time

libc = ctypes.CDLL(None, use_errno=True)
held = []
# asm-generic/socket.h
SO_RCVBUFFORCE = 33


def call(name, *args):
    got = getattr(libc, name)(*args)
    if got == -1:
        raise OSError(ctypes.get_errno(), name)
    return got


class Run:
    """When the things of a scene happen."""

    def __init__(self, rate, seconds, folder):
        self.rate, self.seconds, self.folder = rate, seconds, folder
        self.begin = time.monotonic()

    def over(self, part=1.0):
        return time.monotonic() - self.begin >= part * self.seconds

    def things(self, part=1.0):
        """Numbers from 0 on, at the rate, until that part of the run is over."""
        n = 0
        while not self.over(part):
            wait = self.begin + n / self.rate - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            yield n
            n += 1

    def rest(self):
        """Holds what there is until the run is over."""
        while not self.over():
            time.sleep(0.1)

    def path(self, name):
        return os.path.join(self.folder, name)


# Nothing that goes on growing


def idle(run):
    run.rest()


def builds(run):
    """What a compilation does: programs, pipes between them, files that are written, read, removed."""
    for n in run.things():
        name = run.path("object%d" % (n % 50))
        with open(name, "wb") as f:
            f.write(b"x" * 20000)
        subprocess.run("cat '%s' | tr x y | wc -c" % name, shell=True, stdout=subprocess.DEVNULL, check=True)
        if n % 50 == 49:
            for i in range(50):
                os.unlink(run.path("object%d" % i))


def sockets(run):
    """Requests and answers over TCP, UDP and Unix sockets, each on a new one."""
    server = socket.create_server(("127.0.0.1", 0))
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    for _ in run.things():
        with socket.create_connection(server.getsockname()) as client:
            with server.accept()[0] as peer:
                client.sendall(b"request")
                peer.recv(100)
                peer.sendall(b"answer" * 200)
                client.recv(2000)
                # no TIME_WAIT: another scene has that
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(b"x" * 500, udp.getsockname())
            udp.recv(1000)
        a, b = socket.socketpair()
        a.send(b"x")
        b.recv(1)
        a.close()
        b.close()


def time_wait(run):
    """Connections that are closed properly: the kernel holds each for a minute."""
    server = socket.create_server(("127.0.0.1", 0))
    for _ in run.things():
        client = socket.create_connection(server.getsockname())
        peer = server.accept()[0]
        client.close()
        peer.close()


def files(run):
    """Files that nobody removes, small ones in many folders: inodes, dentries and pages."""
    for n in run.things():
        folder = run.path("folder%d" % (n // 100))
        os.makedirs(folder, exist_ok=True)
        with open("%s/file%d" % (folder, n), "w") as f:
            f.write("x")


def pool(run):
    """Pipes that are kept for use again, until there are as many as are ever used at once."""
    most = max(20, int(run.rate * run.seconds / 3))
    for n in run.things():
        if len(held) < most:
            held.append(os.pipe())
        os.write(held[n % len(held)][1], b"x")
        os.read(held[n % len(held)][0], 1)


def at_once(run):
    """Many at a third of the run, which stay; none before, none after."""
    while not run.over(0.33):
        time.sleep(0.05)
    for _ in range(int(run.rate * 30)):
        held.append(call("eventfd", 0, 0))
    run.rest()


def mappings(run):
    """Mappings whose number rises and falls, as in a program that works on batches."""
    batch = max(10, int(run.rate * 5))
    up = True
    for _ in run.things():
        if up:
            held.append(mmap.mmap(-1, 8192))
        else:
            held.pop().close()
        up = (up or not held) and len(held) < batch


def readers(run):
    """Reads of what is made up as it is read."""
    for _ in run.things():
        for name in ("/proc/self/maps", "/proc/stat", "/proc/self/mountinfo", "/proc/net/unix"):
            with open(name) as f:
                f.read()
        os.listdir("/proc")


def ended(run):
    """Grows for half of the run, and stays as it is."""
    for _ in run.things(0.5):
        held.append(os.pipe())
    run.rest()


def absent(run):
    for n in run.things():
        os.path.exists(run.path("absent%d" % n))


def rounds(run):
    """Files in memory, a round of them, which are then removed together."""
    size = max(10, int(run.rate * 10))
    for n in run.things():
        held.append(os.memfd_create("round"))
        os.write(held[-1], b"x" * 3000)
        if len(held) >= size:
            while held:
                os.close(held.pop())


def fill_drain(run):
    """A queue that fills for a while and is drained at once."""
    a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    a.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 22)
    most = min(200, max(10, int(run.rate * 15)))
    n = 0
    for _ in run.things():
        if n < most:
            try:
                a.send(b"x" * 600, socket.MSG_DONTWAIT)
                n += 1
                continue
            except BlockingIOError:
                pass
        while n:
            b.recv(1000)
            n -= 1


def threads(run):
    """Threads that work for a second each."""
    for _ in run.things():
        threading.Thread(target=time.sleep, args=(1,), daemon=True).start()


def epoll_set(run):
    """A set of descriptors that grows to its limit and is changed from then on."""
    import select

    most = max(20, int(run.rate * run.seconds / 4))
    epoll = select.epoll()
    for n in run.things():
        if len(held) == most:
            fd = held.pop(0)
            epoll.unregister(fd)
            os.close(fd)
        held.append(call("eventfd", 0, 0))
        epoll.register(held[-1])


def segments(run):
    """Shared memory of System V that is made and removed; up to twenty at a time."""
    for _ in run.things():
        held.append(call("shmget", 0, 8192, 0o1600))
        if len(held) == 20:
            while held:
                call("shmctl", held.pop(), 0, None)
    while held:
        call("shmctl", held.pop(), 0, None)


# What grows, and a process has it or could take it away


def unread(run):
    """Datagrams to sockets that nobody reads."""
    for _ in range(64):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 26)
        s.bind(("127.0.0.1", 0))
        held.append(s)
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for n in run.things():
        sender.sendto(b"x" * 700, held[n % 64].getsockname())


def pipes(run):
    for _ in run.things():
        held.append(os.pipe())


def locks(run):
    import fcntl

    f = open(run.path("locked"), "w")
    for n in run.things():
        fcntl.lockf(f, fcntl.LOCK_EX, 1, 2 * n)


def memory_files(run):
    for _ in run.things():
        held.append(os.memfd_create("scene"))


def namespaces(run):
    for _ in run.things():
        call("unshare", 0x40000000)
        held.append(os.open("/proc/self/ns/net", os.O_RDONLY))


def messages(run):
    queues = []
    try:
        for n in run.things():
            if n % 16 == 0:
                queues.append(call("msgget", 0, 0o1600))
            call("msgsnd", queues[-1], b"\1" + b"\0" * 1007, 1000, 0)
    finally:
        for queue in queues:
            call("msgctl", queue, 0, None)


def streams(run):
    """Connections whose data nobody reads."""
    server = socket.create_server(("127.0.0.1", 0), backlog=1000)
    for _ in run.things():
        client = socket.create_connection(server.getsockname())
        held.append((client, server.accept()[0]))
        client.sendall(b"x" * 30000)


def in_flight(run):
    """Descriptors in messages that nobody takes from the socket, some in each of many sockets."""
    for n in run.things():
        if n % 50 == 0:
            held.append(socket.socketpair())
        with open("/dev/null") as f:
            socket.send_fds(held[-1][0], [b"x"], [f.fileno()])


def watches(run):
    fd = call("inotify_init")
    for n in run.things():
        path = run.path("watched%d" % n)
        open(path, "w").close()
        call("inotify_add_watch", fd, path.encode(), 2)


def keys(run):
    for n in run.things():
        # add_key, to the keyring of the process
        call("syscall", 248, b"user", b"kpm%d" % n, b"x" * 40, 40, -2)


def timers(run):
    for _ in run.things():
        call("timer_create", 1, None, ctypes.byref(ctypes.c_long()))


def signals(run):
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGRTMIN])
    for n in run.things():
        call("sigqueue", os.getpid(), signal.SIGRTMIN, ctypes.c_void_p(n))


SCENES = [idle, builds, sockets, time_wait, files, pool, at_once, mappings, readers, ended, absent, rounds,
          fill_drain, threads, epoll_set, segments, unread, pipes, locks, memory_files, namespaces, messages,
          streams, in_flight, watches, keys, timers, signals]


def main():
    import resource

    if sys.argv[1:] == ["--list"]:
        print("\n".join(scene.__name__ for scene in SCENES))
        return
    name, rate, seconds, folder = sys.argv[1:]
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    # what has to be removed is, too, when the program is told to end
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit())
    # PR_SET_NAME
    libc.prctl(15, ("scene_" + name).encode(), 0, 0, 0)
    {scene.__name__: scene for scene in SCENES}[name](Run(float(rate), float(seconds), folder))


main()
