// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Half a minute of network, process and file load for a guest of the kernel matrix: UDP, TCP with
 * resets, fork, mmap, multicast membership, epoll, files and io_uring, whose requests are allocated
 * in arrays, all on this machine alone. Built
 * static by run. Measures nothing; prints how many rounds it made. Several at once have different
 * NUMBERs, so that each has ports and files of its own.
 *
 * Usage: load SECONDS [NUMBER]
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct sockaddr_in local(int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return a;
}

static void udp(int port)
{
	struct sockaddr_in a = local(port);
	char buf[1400] = {0};
	int in = socket(AF_INET, SOCK_DGRAM, 0), out = socket(AF_INET, SOCK_DGRAM, 0);

	if (bind(in, (struct sockaddr *)&a, sizeof(a)) == 0) {
		for (int i = 0; i < 100; i++) {
			sendto(out, buf, (size_t)(i * 14), 0, (struct sockaddr *)&a, sizeof(a));
			if (i % 3)
				recv(in, buf, sizeof(buf), MSG_DONTWAIT);
		}
	}
	close(in);
	close(out);
}

static void tcp(int port)
{
	struct sockaddr_in a = local(port);
	struct linger reset = {1, 0};
	char buf[8192] = {0};
	int one = 1, l = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(l, (struct sockaddr *)&a, sizeof(a)) || listen(l, 16)) {
		close(l);
		return;
	}
	for (int i = 0; i < 10; i++) {
		int c = socket(AF_INET, SOCK_STREAM, 0), s;

		if (i % 2)
			setsockopt(c, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		if (connect(c, (struct sockaddr *)&a, sizeof(a)) == 0) {
			s = accept(l, NULL, NULL);
			for (int j = 0; j < 4; j++) {
				if (send(c, buf, sizeof(buf), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
					recv(s, buf, sizeof(buf), MSG_DONTWAIT);
			}
			close(c);
			close(s);
		} else {
			close(c);
		}
	}
	close(l);
}

static void processes(void)
{
	for (int i = 0; i < 4; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			for (int j = 0; j < 20; j++) {
				char *p = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
					       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

				if (p != MAP_FAILED) {
					p[4096] = 1;
					mprotect(p + 8192, 4096, PROT_READ);
					munmap(p + 16384, 8192);
				}
			}
			_exit(0);
		}
	}
	while (wait(NULL) > 0 || errno == EINTR)
		;
}

static void groups(void)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	for (unsigned int i = 1; i < 15; i++) {
		struct ip_mreq m = {.imr_interface.s_addr = htonl(INADDR_LOOPBACK)};

		m.imr_multiaddr.s_addr = htonl(0xe9000000u + i);
		setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof(m));
		setsockopt(s, IPPROTO_IP, IP_DROP_MEMBERSHIP, &m, sizeof(m));
	}
	close(s);
}

static void watches(void)
{
	int e = epoll_create1(0), p[2];

	for (int i = 0; i < 20; i++) {
		struct epoll_event ev = {.events = EPOLLIN};

		if (pipe(p))
			break;
		epoll_ctl(e, EPOLL_CTL_ADD, p[0], &ev);
		if (i % 2)
			epoll_ctl(e, EPOLL_CTL_DEL, p[0], NULL);
		close(p[0]);
		close(p[1]);
	}
	close(e);
}

static void files(int number)
{
	char name[64], buf[10000] = {0};

	for (int i = 0; i < 20; i++) {
		int fd;

		snprintf(name, sizeof(name), "/tmp/load-%d-%d", number, i);
		fd = open(name, O_CREAT | O_RDWR, 0600);
		if (fd < 0)
			continue;
		if (write(fd, buf, sizeof(buf)) < 0)
			perror(name);
		close(fd);
		unlink(name);
	}
}

/* Requests that do nothing, on a ring of their own; see io_uring(7). */
static void requests(void)
{
	struct io_uring_params p = {0};
	int ring = syscall(SYS_io_uring_setup, 64, &p);
	size_t sq_size = p.sq_off.array + p.sq_entries * sizeof(unsigned int);
	size_t sqe_size = p.sq_entries * sizeof(struct io_uring_sqe);
	struct io_uring_sqe *sqes;
	unsigned int *tail;
	char *sq;

	if (ring < 0)
		return;
	sq = mmap(NULL, sq_size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
	sqes = mmap(NULL, sqe_size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
	if (sq != MAP_FAILED && sqes != MAP_FAILED) {
		for (unsigned int i = 0; i < p.sq_entries; i++) {
			sqes[i] = (struct io_uring_sqe){.opcode = IORING_OP_NOP};
			((unsigned int *)(sq + p.sq_off.array))[i] = i;
		}
		tail = (unsigned int *)(sq + p.sq_off.tail);
		__atomic_store_n(tail, *tail + p.sq_entries, __ATOMIC_RELEASE);
		syscall(SYS_io_uring_enter, ring, p.sq_entries, 0, 0, NULL, 0);
		munmap(sqes, sqe_size);
		munmap(sq, sq_size);
	}
	close(ring);
}

int main(int argc, char **argv)
{
	time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 30);
	int number = argc > 2 ? atoi(argv[2]) : 0, rounds = 0;

	while (time(NULL) < end) {
		udp(20000 + number * 1000 + rounds % 1000);
		tcp(30000 + number * 1000 + rounds % 1000);
		processes();
		groups();
		watches();
		files(number);
		requests();
		rounds++;
	}
	printf("load rounds %d\n", rounds);
	return 0;
}
