// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The tracking tables on the running kernel: exact numbers of real objects at known call sites,
 * beside load on the other core. Needs root and a kernel with BTF; takes a minute or two.
 */
#include "live.h"

/* Held while the churn runs at full speed, read when its own objects are gone. */
static void held_objects_are_exact(void **state)
{
	int queue = make_queue(), fds[21];
	struct kpm_counts msg, evt;
	struct fixture *f;

	(void)state;
	stop_churn(churn); /* no message of its own may stand in a queue now */
	f = open_live(0);
	send_messages(queue, 37, 1000);
	for (int i = 0; i < 21; i++)
		fds[i] = eventfd(0, 0);
	churn = start_churn(1);
	sleep(3);
	stop_churn(churn);
	sample(f);
	msg = counts_of(f, "load_msg");
	evt = counts_of(f, "do_eventfd");
	assert_int_equal(msg.diff, 37);
	assert_true(msg.allocs > 10000);
	assert_int_equal(evt.diff, 21);
	/* 1,000 bytes and the header of 48: from kmalloc-2k; eventfd_ctx */
	assert_int_equal(msg.bytes, 37 * 2048);
	assert_in_range(evt.bytes, 21 * 48, 21 * 128);
	assert_true(evt.asked <= evt.bytes && evt.asked > 0);
	assert_int_equal(row_of(f, "load_msg")->kind[KPM_PAGED].allocs, 0);
	assert_int_equal(row_of(f, "do_eventfd")->kind[KPM_PAGED].allocs, 0);
	receive_messages(queue, 37);
	for (int i = 0; i < 21; i++)
		close(fds[i]);
	msgctl(queue, IPC_RMID, NULL);
	usleep(300000);
	sample(f);
	assert_int_equal(counts_of(f, "load_msg").diff, 0);
	assert_int_equal(counts_of(f, "do_eventfd").diff, 0);
	assert_int_equal(f->snap.loss.refused, 0);
	check_identity(f);
	close_live(f);
	churn = start_churn(1);
}

/* The same while the churn runs on: the churn's own objects are at most those in flight. */
static void held_objects_beside_load(void **state)
{
	int fds[21];
	struct fixture *f = open_live(0);

	(void)state;
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 21; i++)
			fds[i] = eventfd(0, 0);
		usleep(200000);
		sample(f);
		assert_in_range(counts_of(f, "do_eventfd").diff, 21, 22);
		for (int i = 0; i < 21; i++)
			close(fds[i]);
		usleep(200000);
		sample(f);
		assert_in_range(counts_of(f, "do_eventfd").diff, 0, 1);
	}
	check_identity(f);
	close_live(f);
}

/* Reclaimable memory is told apart: a dentry and an inode are, a message is not. */
static void kinds_are_right(void **state)
{
	struct fixture *f = open_live(0);
	char path[64], dir[] = "/tmp/kpoolmon-live-XXXXXX";
	const struct kpm_row *dentries;

	(void)state;
	assert_non_null(mkdtemp(dir));
	for (int i = 0; i < 500; i++) {
		snprintf(path, sizeof(path), "%s/%d", dir, i);
		close(open(path, O_CREAT | O_WRONLY, 0600));
	}
	sample(f);
	dentries = row_of(f, "__d_alloc");
	assert_non_null(dentries);
	assert_true(dentries->kind[KPM_PAGED].allocs >= 500);
	assert_string_equal(kpm_tagset_get(f->tags, dentries->tag)->cache, "dentry");
	assert_int_equal(row_of(f, "load_msg")->kind[KPM_PAGED].allocs, 0);
	for (int i = 0; i < 500; i++) {
		snprintf(path, sizeof(path), "%s/%d", dir, i);
		unlink(path);
	}
	rmdir(dir);
	close_live(f);
}

static pid_t start_pairs(int cpu, unsigned int pairs)
{
	pid_t pid = fork();
	struct message m = {.type = 1};
	int queue;

	if (pid)
		return pid;
	pin_to(cpu);
	queue = msgget(IPC_PRIVATE, 0600);
	for (unsigned int i = 0; i < pairs; i++)
		if (msgsnd(queue, &m, 200, IPC_NOWAIT) ||
		    msgrcv(queue, &m, sizeof(m.text), 0, IPC_NOWAIT) != 200)
			_exit(1);
	msgctl(queue, IPC_RMID, NULL);
	_exit(0);
}

static void ten_million_pairs_leave_nothing(void **state)
{
	struct fixture *f = open_live(0);
	pid_t a, b;
	int status;

	(void)state;
	a = start_pairs(0, 5000000);
	b = start_pairs(1, 5000000);
	assert_int_equal(waitpid(a, &status, 0), a);
	assert_int_equal(status, 0);
	assert_int_equal(waitpid(b, &status, 0), b);
	assert_int_equal(status, 0);
	sample(f);
	assert_int_equal(counts_of(f, "load_msg").allocs, 10000000);
	assert_int_equal(counts_of(f, "load_msg").frees, 10000000);
	assert_int_equal(counts_of(f, "load_msg").diff, 0);
	assert_int_equal(f->snap.loss.allocs, 0);
	check_identity(f);
	close_live(f);
}

enum { QUEUES = 4000, PER_QUEUE = 250 };

static int million[QUEUES];

static void a_million_objects(void **state)
{
	struct fixture *f = open_with((struct kpm_live_opts){
		.objects = 1000000,
		.no_sampling = true, /* all of them in the table, though of one tag */
	});
	uint64_t rnd = 1, refused = 0;
	struct kpm_sample_check check;

	(void)state;
	for (int q = 0; q < QUEUES; q++) {
		million[q] = msgget(IPC_PRIVATE, 0600);
		assert_true(million[q] >= 0);
		send_messages(million[q], PER_QUEUE, 16);
	}
	sample(f);
	/* and a few of the churn's, for a sample is no moment; exact below, without it */
	assert_true(counts_of(f, "load_msg").diff >= 1000000 - f->snap.loss.refused);
	for (unsigned int i = 0; i < 10000000; i++) {
		rnd = rnd * 6364136223846793005ULL + 1442695040888963407ULL;
		receive_messages(million[(rnd >> 33) % QUEUES], 1);
		send_messages(million[(rnd >> 33) % QUEUES], 1, 16);
	}
	stop_churn(churn);
	sample(f);
	for (uint32_t i = 0; i < f->snap.count; i++)
		refused += kpm_row_sum(&f->snap.rows[i]).refused;
	assert_int_equal(refused, f->snap.loss.refused);
	assert_int_equal(f->source->ops->check_samples(f->source, &check), 0);
	print_message("refused %llu of 11 million inserts, %llu entries in use; %.1f bytes of "
		      "kernel memory an object, %.1f MB for %u samples\n",
		      (unsigned long long)refused, (unsigned long long)f->snap.capacity.objects,
		      (f->snap.capacity.kernel_bytes - check.bytes) / 1e6, check.bytes / 1e6,
		      check.samples);
	assert_true(refused <= 110);
	assert_true(f->snap.capacity.kernel_bytes - check.bytes <= 32 * 1000000);
	assert_true(check.bytes <= 16 << 20);
	/* ten million pairs: no sample is left without its object */
	assert_true(check.samples > 100);
	assert_int_equal(check.without_object + check.without_sample, 0);
	/* all of them, less the refused ones that are still live */
	assert_in_range(counts_of(f, "load_msg").diff, 1000000 - refused, 1000000);
	for (int q = 0; q < QUEUES; q++)
		msgctl(million[q], IPC_RMID, NULL);
	check_identity(f);
	close_live(f);
	/* not before: it would hold our links, and with them the probes */
	churn = start_churn(1);
}

enum { CONTROLS = 60, CONTROL_TAGS = 512 };

static int semaphores[CONTROLS], shared[CONTROLS];

/* Objects of many kinds, `n` of each, at two call sites or more a kind. */
static void make_controls(int *fds, int *used, int n)
{
	sigset_t none;

	sigemptyset(&none);
	for (int i = 0; i < n; i++) {
		int pair[2];

		semaphores[i] = semget(IPC_PRIVATE, 1, 0600);
		shared[i] = shmget(IPC_PRIVATE, 4096, 0600);
		fds[(*used)++] = eventfd(0, 0);
		fds[(*used)++] = epoll_create1(0);
		fds[(*used)++] = timerfd_create(CLOCK_MONOTONIC, 0);
		fds[(*used)++] = inotify_init1(0);
		fds[(*used)++] = memfd_create("control", 0);
		if (!pipe(pair)) {
			fds[(*used)++] = pair[0];
			fds[(*used)++] = pair[1];
		}
		if (!socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) {
			fds[(*used)++] = pair[0];
			fds[(*used)++] = pair[1];
		}
		fds[(*used)++] = signalfd(-1, &none, 0);
		fds[(*used)++] = socket(AF_INET, SOCK_DGRAM, 0);
		fds[(*used)++] = socket(AF_INET, SOCK_STREAM, 0);
		fds[(*used)++] = socket(AF_NETLINK, SOCK_RAW, 0);
	}
}

struct control {
	char text[160];
	uint64_t diff;
};

/* What the control objects add to each tag: exact growth by tag, with or without the leaker. */
static unsigned int measure_controls(uint64_t objects, bool leak, struct control *controls)
{
	static int fds[CONTROLS * 16];
	struct fixture *f = open_live(objects);
	uint64_t before[4096] = {0};
	unsigned int count = 0;
	int used = 0, queue = -1, leakers[QUEUES];

	if (leak) {
		for (int q = 0; q < QUEUES; q++) {
			leakers[q] = msgget(IPC_PRIVATE, 0600);
			send_messages(leakers[q], PER_QUEUE, 16);
		}
	} else {
		queue = make_queue();
	}
	sample(f);
	for (uint32_t i = 0; i < f->snap.count && i < 4096; i++)
		before[i] = kpm_row_sum(&f->snap.rows[i]).diff;
	make_controls(fds, &used, CONTROLS);
	sample(f);
	for (uint32_t i = 0; i < f->snap.count && i < 4096 && count < CONTROL_TAGS; i++) {
		const struct kpm_tag_name *name = kpm_tagset_get(f->tags, i);

		controls[count].diff = kpm_row_sum(&f->snap.rows[i]).diff - before[i];
		snprintf(controls[count].text, sizeof(controls[count].text), "%s %s%s", name->text,
			 name->cache ? name->cache : "", f->snap.rows[i].estimated ? " ~" : "");
		count++;
	}
	if (leak) {
		const struct kpm_row *row = row_of(f, "load_msg");

		print_message("1,000,000 leaked: counted %llu, %llu of %llu entries in use\n",
			      (unsigned long long)kpm_row_sum(row).diff,
			      (unsigned long long)f->snap.capacity.objects,
			      (unsigned long long)f->snap.capacity.objects_rated);
		assert_true(row->estimated);
		assert_in_range(kpm_row_sum(row).diff, 980000, 1020000);
		for (int q = 0; q < QUEUES; q++)
			msgctl(leakers[q], IPC_RMID, NULL);
	} else {
		msgctl(queue, IPC_RMID, NULL);
	}
	for (int i = 0; i < used; i++)
		close(fds[i]);
	for (int i = 0; i < CONTROLS; i++) {
		semctl(semaphores[i], 0, IPC_RMID);
		shmctl(shared[i], IPC_RMID, NULL);
	}
	check_identity(f);
	close_live(f);
	return count;
}

static const struct control *find_control(const struct control *all, unsigned int n,
					  const char *text)
{
	for (unsigned int i = 0; i < n; i++)
		if (!strcmp(all[i].text, text))
			return &all[i];
	return NULL;
}

/* How many controls are the same in all three; -1 and a message if one of them is not. */
static int compare_controls(const struct control *a, unsigned int na, const struct control *b,
			    unsigned int nb, const struct control *leaked, unsigned int nl)
{
	int exact = 0;

	for (unsigned int i = 0; i < na; i++) {
		const struct control *other = find_control(b, nb, a[i].text), *l;

		/* a control: the same number, and one for each object at least, both times */
		if (!other || other->diff != a[i].diff || a[i].diff < CONTROLS)
			continue;
		l = find_control(leaked, nl, a[i].text);
		if (!l || l->diff != a[i].diff) {
			print_message("%s: %lld, not %llu, beside the leaker\n", a[i].text,
				      l ? (long long)l->diff : -1, (unsigned long long)a[i].diff);
			return -1;
		}
		exact++;
	}
	return exact;
}

/* Other processes of the machine may make or free an object meanwhile: three attempts. */
static void a_leak_does_not_blind_the_rest(void **state)
{
	static struct control a[CONTROL_TAGS], b[CONTROL_TAGS], leaked[CONTROL_TAGS];
	struct rlimit files = {4096, 4096};
	int exact = -1;

	(void)state;
	stop_churn(churn);
	setrlimit(RLIMIT_NOFILE, &files);
	for (int attempt = 0; attempt < 3 && exact < 0; attempt++) {
		unsigned int na = measure_controls(0, false, a), nb = measure_controls(0, false, b);
		unsigned int nl = measure_controls(100000, true, leaked);

		exact = compare_controls(a, na, b, nb, leaked, nl);
	}
	print_message("%d control tags exact beside the leaker\n", exact);
	assert_true(exact >= 20);
	churn = start_churn(1);
}

/* Programs of ours that are in the kernel. */
static unsigned int programs(void)
{
	uint32_t id = 0;
	unsigned int n = 0;

	while (!bpf_prog_get_next_id(id, &id)) {
		struct bpf_prog_info info = {0};
		uint32_t len = sizeof(info);
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len))
			n += !strncmp(info.name, "kpm_", 4);
		close(fd);
	}
	return n;
}

static void nothing_stays_in_the_kernel(void **state)
{
	static const int signals[] = {SIGKILL, SIGTERM, SIGINT, SIGSEGV};

	(void)state;
	assert_int_equal(programs(), 0);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		unsigned int waited = 0;
		pid_t pid = fork();

		if (!pid) {
			struct kpm_live_opts opts = {.objects = 100000};
			struct kpm_source *source;

			signal(signals[i], SIG_DFL);
			prctl(PR_SET_DUMPABLE, 0);
			if (kpm_live_open(&opts, kpm_tagset_new(), &source, NULL))
				_exit(1);
			for (;;)
				pause();
		}
		while (!programs() && waited++ < 500)
			usleep(10000);
		assert_true(programs() > 0);
		kill(pid, signals[i]);
		waitpid(pid, NULL, 0);
		for (waited = 0; programs() && waited < 200; waited++)
			usleep(10000);
		assert_int_equal(programs(), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_stays_in_the_kernel),
		cmocka_unit_test_setup_teardown(held_objects_are_exact, begin_churn, end_churn),
		cmocka_unit_test_setup_teardown(held_objects_beside_load, begin_churn, end_churn),
		cmocka_unit_test_setup_teardown(kinds_are_right, begin_churn, end_churn),
		cmocka_unit_test(ten_million_pairs_leave_nothing),
		cmocka_unit_test_setup_teardown(a_million_objects, begin_churn, end_churn),
		cmocka_unit_test_setup_teardown(a_leak_does_not_blind_the_rest, begin_churn,
						end_churn),
	};

	return cmocka_run_group_tests(tests, make_room, restore_room);
}
