// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a guest of the kernel matrix runs beside a case, to get in the way of the probes. Built
 * static by run; uses the system calls alone, so that it needs no library of the guest. Runs until
 * it is killed.
 *
 * Usage: beside realtime|kprobe|maps
 *
 *   realtime  on each CPU a task of real-time priority that wakes every 2 ms, allocates and frees
 *   kprobe    a foreign kprobe program, longer than ours, on kmem_cache_free
 *   maps      on each CPU a process that does nothing but update BPF maps
 */
#define _GNU_SOURCE
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

static long bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void realtime(void)
{
	struct sched_param param = {.sched_priority = 50};
	struct timespec pause = {.tv_nsec = 2000000};

	if (sched_setscheduler(0, SCHED_FIFO, &param))
		fail("sched_setscheduler");
	for (;;) {
		nanosleep(&pause, NULL);
		for (int i = 0; i < 5; i++) {
			int p[2];

			if (pipe(p))
				continue;
			close(p[0]);
			close(p[1]);
		}
	}
}

static int make_map(int type, int flags)
{
	union bpf_attr attr = {.map_type = type,
			       .key_size = 4,
			       .value_size = 64,
			       .max_entries = 1000,
			       .map_flags = flags};

	return bpf(BPF_MAP_CREATE, &attr);
}

static void maps(void)
{
	int fd[] = {make_map(BPF_MAP_TYPE_HASH, 0), make_map(BPF_MAP_TYPE_ARRAY, 0),
		    make_map(BPF_MAP_TYPE_HASH, BPF_F_NO_PREALLOC)};
	char value[64] = "";

	if (fd[0] < 0 || fd[1] < 0 || fd[2] < 0)
		fail("BPF_MAP_CREATE");
	for (uint32_t i = 0;; i++) {
		uint32_t key = i % 1000;
		union bpf_attr attr = {.map_fd = fd[i % 3],
				       .key = (uint64_t)(uintptr_t)&key,
				       .value = (uint64_t)(uintptr_t)value};

		if (bpf(BPF_MAP_UPDATE_ELEM, &attr))
			fail("BPF_MAP_UPDATE_ELEM");
	}
}

static void kprobe(void)
{
	/* r0 = bpf_ktime_get_ns(), 20 times */
	struct bpf_insn insns[21] = {{0}};
	struct perf_event_attr event = {.size = sizeof(event)};
	union bpf_attr attr = {.prog_type = BPF_PROG_TYPE_KPROBE,
			       .insn_cnt = 21,
			       .insns = (uint64_t)(uintptr_t)insns,
			       .license = (uint64_t)(uintptr_t) "GPL"};
	FILE *f = fopen("/sys/bus/event_source/devices/kprobe/type", "re");
	int type, program, fd;

	for (int i = 0; i < 20; i++)
		insns[i] =
			(struct bpf_insn){.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_ktime_get_ns};
	insns[20] = (struct bpf_insn){.code = BPF_JMP | BPF_EXIT};
	if (!f || fscanf(f, "%d", &type) != 1)
		fail("the type of kprobes");
	program = bpf(BPF_PROG_LOAD, &attr);
	if (program < 0)
		fail("BPF_PROG_LOAD");
	event.type = type;
	event.config1 = (uint64_t)(uintptr_t) "kmem_cache_free";
	fd = syscall(SYS_perf_event_open, &event, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0 || ioctl(fd, PERF_EVENT_IOC_SET_BPF, program) ||
	    ioctl(fd, PERF_EVENT_IOC_ENABLE, 0))
		fail("kprobe on kmem_cache_free");
	for (;;)
		pause();
}

static void on_each_cpu(void (*work)(void))
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	for (long i = 0; i < cpus; i++) {
		cpu_set_t set;

		if (fork())
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		CPU_ZERO(&set);
		CPU_SET(i, &set);
		sched_setaffinity(0, sizeof(set), &set);
		work();
	}
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "realtime"))
		on_each_cpu(realtime);
	else if (!strcmp(what, "maps"))
		on_each_cpu(maps);
	else if (!strcmp(what, "kprobe"))
		kprobe();
	fprintf(stderr, "usage: beside realtime|kprobe|maps\n");
	return 2;
}
