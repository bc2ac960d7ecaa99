// SPDX-License-Identifier: GPL-2.0-or-later
/* Who has what grew: made-up readings, and what this process really has. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "source/visible_counts.h"
#include "view/findings.h"

#define READINGS 6
#define PID      77

/* A finding of one tag that a process allocated, and a count of that process, at each reading. */
struct made_up {
	const char *name, *symbol;
	enum kpm_visible what;
	double share; /* that the process allocated */
	uint64_t objects[READINGS], count[READINGS];
	bool held;
};

static const struct made_up cases[] = {
	{"a descriptor for each object",
	 "f",
	 KPM_VISIBLE_DESCRIPTORS,
	 1,
	 {100, 130, 160, 190, 220, 250},
	 {10, 40, 70, 100, 130, 160},
	 true},
	{"the same, of another process",
	 "f",
	 KPM_VISIBLE_DESCRIPTORS,
	 0.1,
	 {100, 130, 160, 190, 220, 250},
	 {10, 40, 70, 100, 130, 160},
	 false},
	{"two descriptors for each object",
	 "f",
	 KPM_VISIBLE_DESCRIPTORS,
	 1,
	 {100, 130, 160, 190, 220, 250},
	 {10, 70, 130, 190, 250, 310},
	 true},
	{"three objects for each",
	 "f",
	 KPM_VISIBLE_LOCKS,
	 1,
	 {0, 30, 60, 90, 121, 151},
	 {0, 10, 20, 30, 40, 50},
	 true},
	{"what the process has stays the same: it only triggers",
	 "f",
	 KPM_VISIBLE_DESCRIPTORS,
	 1,
	 {100, 130, 160, 190, 220, 250},
	 {10, 10, 10, 10, 10, 10},
	 false},
	{"it rises beside, by another number",
	 "f",
	 KPM_VISIBLE_DESCRIPTORS,
	 1,
	 {100, 130, 160, 190, 220, 250},
	 {10, 32, 54, 76, 98, 120},
	 false},
	{"as many, at other moments",
	 "f",
	 KPM_VISIBLE_DESCRIPTORS,
	 1,
	 {100, 130, 160, 190, 220, 250},
	 {10, 20, 30, 40, 50, 160},
	 false},
	{"more objects at one look: others'",
	 "f",
	 KPM_VISIBLE_DESCRIPTORS,
	 1,
	 {100, 130, 200, 190, 220, 250},
	 {10, 40, 70, 100, 130, 160},
	 true},
	{"more objects at two looks",
	 "f",
	 KPM_VISIBLE_DESCRIPTORS,
	 1,
	 {100, 130, 200, 190, 260, 250},
	 {10, 40, 70, 100, 130, 160},
	 false},
	{"too few",
	 "f",
	 KPM_VISIBLE_DESCRIPTORS,
	 1,
	 {100, 101, 102, 103, 104, 105},
	 {10, 11, 12, 13, 14, 15},
	 false},
	{"messages, which are nobody's",
	 "f",
	 KPM_VISIBLE_MESSAGES,
	 0,
	 {100, 130, 160, 190, 220, 250},
	 {10, 40, 70, 100, 130, 160},
	 true},
	{"unread, sent by another",
	 "__alloc_skb",
	 KPM_VISIBLE_UNREAD,
	 0,
	 {100, 130, 160, 190, 220, 250},
	 {10000, 60000, 110000, 160000, 210000, 260000},
	 true},
	{"bytes pile up, but what grows is no socket's",
	 "f",
	 KPM_VISIBLE_UNREAD,
	 0,
	 {100, 130, 160, 190, 220, 250},
	 {10000, 60000, 110000, 160000, 210000, 260000},
	 false},
	{"unread at other moments",
	 "__alloc_skb",
	 KPM_VISIBLE_UNREAD,
	 0,
	 {100, 130, 160, 190, 220, 250},
	 {10000, 10001, 10002, 10003, 10004, 260000},
	 false},
};

static bool judge(const struct made_up *m, struct kpm_holder *holder)
{
	struct kpm_visible_reading readings[READINGS];
	struct kpm_visible_count counts[READINGS];
	uint64_t bytes[READINGS];
	struct kpm_tagset *tags = kpm_tagset_new();
	struct kpm_suspect suspect = {.tag = 0};
	const uint32_t members[] = {0};
	struct kpm_finding f = {.members = members, .count = 1};
	struct kpm_holders_of of = {readings, READINGS, tags, &suspect};
	char text[64];
	bool held;

	snprintf(text, sizeof(text), "%s+0x10", m->symbol);
	assert_int_equal(kpm_tagset_enter(tags, 0x1000, text, NULL, false), 0);
	f.parties[KPM_PROCESS] = 1;
	f.party[KPM_PROCESS][0] = (struct kpm_finding_party){"maker", NULL, PID, m->share};
	for (int i = 0; i < READINGS; i++) {
		bool process = kpm_visible_of_process(m->what);

		bytes[i] = m->objects[i] * 1000;
		counts[i] = (struct kpm_visible_count){m->what, process ? PID : 0, "", m->count[i]};
		if (process)
			strcpy(counts[i].comm, "maker");
		readings[i] = (struct kpm_visible_reading){
			&counts[i], 1, 1, (uint64_t *)&m->objects[i], &bytes[i], 1};
	}
	held = kpm_holder_find(&of, &f, holder);
	kpm_tagset_free(tags);
	return held;
}

static void made_up_readings(void **state)
{
	struct kpm_holder h;
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool held = judge(&cases[i], &h);

		if (held == cases[i].held)
			continue;
		print_error("%s: %s\n", cases[i].name, held ? "held" : "not held");
		wrong++;
	}
	assert_int_equal(wrong, 0);
	assert_true(judge(&cases[0], &h));
	assert_int_equal(h.pid, PID);
	assert_int_equal(h.rose, 150);
	assert_int_equal(h.objects, 150);
}

static int64_t own_start(void)
{
	FILE *in = fopen("/proc/self/stat", "re");
	unsigned long long ticks = 0;
	char line[1024];

	assert_non_null(in);
	assert_non_null(fgets(line, sizeof(line), in));
	fclose(in);
	assert_int_equal(sscanf(strrchr(line, ')'),
				") %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
				"%*s %*s %*s %llu",
				&ticks),
			 1);
	return ticks * (1000000000 / sysconf(_SC_CLK_TCK));
}

static uint64_t count_of(const struct kpm_visible_reading *r, enum kpm_visible what, uint32_t pid)
{
	for (uint32_t i = 0; i < r->count; i++)
		if (r->list[i].what == what && r->list[i].pid == pid)
			return r->list[i].count;
	return 0;
}

static void send_descriptor(int socket, int fd)
{
	char byte = 'x', control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec data = {&byte, 1};
	struct msghdr message = {.msg_iov = &data,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	assert_int_equal(sendmsg(socket, &message, 0), 1);
}

/* Makes some of everything that this process can have. */
static int make_all(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	struct {
		long type;
		char text[8];
	} message = {1, "text"};
	int pair[2], udp = socket(AF_INET, SOCK_DGRAM, 0), notify = inotify_init();
	int queue = msgget(IPC_PRIVATE, 0600);
	FILE *file = tmpfile();
	sigset_t blocked;
	timer_t timer;

	for (int i = 0; i < 3; i++)
		assert_int_equal(pipe(pair), 0);
	for (int i = 0; i < 4; i++) {
		struct flock lock = {.l_type = F_WRLCK, .l_start = 2 * i, .l_len = 1};

		assert_int_equal(fcntl(fileno(file), F_SETLK, &lock), 0);
		/* no two of the same rights beside each other, which become one */
		assert_true(mmap(NULL, 4096, i % 2 ? PROT_READ : PROT_NONE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
	}
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	for (int i = 0; i < 5; i++) {
		struct sigevent event = {.sigev_notify = SIGEV_NONE};

		assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
		assert_int_equal(sigqueue(getpid(), SIGRTMIN, (union sigval){0}), 0);
	}
	assert_true(inotify_add_watch(notify, "/tmp", IN_CREATE) >= 0);
	assert_true(inotify_add_watch(notify, "/", IN_CREATE) >= 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	send_descriptor(pair[0], 0);
	send_descriptor(pair[0], 0);
	assert_int_equal(bind(udp, (struct sockaddr *)&address, len), 0);
	assert_int_equal(getsockname(udp, (struct sockaddr *)&address, &len), 0);
	assert_int_equal(sendto(udp, "unread", 6, 0, (struct sockaddr *)&address, len), 6);
	assert_true(queue >= 0);
	for (int i = 0; i < 6; i++)
		assert_int_equal(msgsnd(queue, &message, sizeof(message.text), 0), 0);
	return queue;
}

static void what_a_process_has(void **state)
{
	struct kpm_visible_process self = {getpid(), own_start()};
	struct kpm_visible_process other = {getpid(), 1};
	struct kpm_visible_reading a = {0}, b = {0}, c = {0};
	int queue;
	static const struct {
		enum kpm_visible what;
		uint64_t least, most;
	} want[] = {
		/* six of pipes, two of a pair, datagrams, notifications, a file */
		{KPM_VISIBLE_DESCRIPTORS, 11, 11}, {KPM_VISIBLE_LOCKS, 4, 4},
		{KPM_VISIBLE_MAPPINGS, 2, 8},      {KPM_VISIBLE_TIMERS, 5, 5},
		{KPM_VISIBLE_SIGNALS, 5, 20},      {KPM_VISIBLE_WATCHES, 2, 2},
		{KPM_VISIBLE_IN_FLIGHT, 2, 2},     {KPM_VISIBLE_UNREAD, 6, 4096},
	};

	(void)state;
	assert_int_equal(kpm_visible_read(NULL, &self, 1, &a), 0);
	queue = make_all();
	assert_int_equal(kpm_visible_read(NULL, &self, 1, &b), 0);
	assert_int_equal(kpm_visible_read(NULL, &other, 1, &c), 0);
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		uint64_t rose =
			count_of(&b, want[i].what, getpid()) - count_of(&a, want[i].what, getpid());

		if (rose < want[i].least || rose > want[i].most)
			fail_msg("%s rose by %lu", kpm_visible_word(want[i].what), rose);
	}
	assert_int_equal(
		count_of(&b, KPM_VISIBLE_MESSAGES, 0) - count_of(&a, KPM_VISIBLE_MESSAGES, 0), 6);
	/* the number of a process that has ended may be another's by now */
	assert_int_equal(count_of(&c, KPM_VISIBLE_DESCRIPTORS, getpid()), 0);
	msgctl(queue, IPC_RMID, NULL);
	free(a.list);
	free(b.list);
	free(c.list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_up_readings),
		cmocka_unit_test(what_a_process_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
