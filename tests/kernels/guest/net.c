// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Has the host of the guest answer over the network card, and keeps the answers: pings, of which a
 * second socket gets copies, and requests for files that are not there, whose refusals nobody
 * reads. Says how many came of each and waits for its end, with all of them queued. Built static by
 * run.
 *
 * Usage: net COUNT ADDRESS
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define TFTP 69

static void need(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

static uint16_t checksum(const void *data, size_t size)
{
	const uint16_t *word = data;
	uint32_t sum = 0;

	for (size_t i = 0; i < size / 2; i++)
		sum += word[i];
	sum = (sum >> 16) + (sum & 0xffff);
	return ~(sum + (sum >> 16));
}

static int new_socket(int type, int protocol)
{
	struct timeval wait = {.tv_sec = 2};
	int fd = socket(AF_INET, type, protocol), size = 4 << 20;

	need(fd >= 0, "socket");
	need(!setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)), "SO_RCVBUFFORCE");
	need(!setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)), "SO_RCVTIMEO");
	return fd;
}

static int pings(int count, struct sockaddr_in to)
{
	struct {
		struct icmphdr head;
		char text[600];
	} ping = {.head.type = ICMP_ECHO};
	/* the first one gets copies of what the second one reads */
	int asking, answers = 0;
	char buf[2048];

	new_socket(SOCK_RAW, IPPROTO_ICMP);
	asking = new_socket(SOCK_RAW, IPPROTO_ICMP);
	for (int i = 0; i < count; i++) {
		ping.head.un.echo.sequence = htons(i);
		ping.head.checksum = 0;
		ping.head.checksum = checksum(&ping, sizeof(ping));
		need(sendto(asking, &ping, sizeof(ping), 0, (struct sockaddr *)&to, sizeof(to)) > 0,
		     "send a ping");
		answers += recv(asking, buf, sizeof(buf), 0) > 0;
	}
	return answers;
}

/* Bytes that are queued at a socket. */
static uint32_t queued(int fd)
{
	uint32_t info[16] = {0};
	socklen_t size = sizeof(info);

	need(!getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &size), "SO_MEMINFO");
	return info[0];
}

static int refusals(int count, struct sockaddr_in to)
{
	static const char request[] = "\0\1nothing\0octet";
	int fd = new_socket(SOCK_DGRAM, 0), answers = 0;

	to.sin_port = htons(TFTP);
	for (int i = 0; i < count; i++) {
		uint32_t before = queued(fd);

		need(sendto(fd, request, sizeof(request), 0, (struct sockaddr *)&to, sizeof(to)) >
			     0,
		     "send a request");
		for (int ms = 0; ms < 2000 && queued(fd) == before; ms++)
			usleep(1000);
		answers += queued(fd) > before;
	}
	return answers;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	int count = argc > 2 ? atoi(argv[1]) : 0;

	if (!count || !inet_pton(AF_INET, argv[2], &to.sin_addr)) {
		fprintf(stderr, "usage: net COUNT ADDRESS\n");
		return 2;
	}
	printf("answers %d", pings(count, to));
	printf(" %d\n", refusals(count, to));
	fflush(stdout);
	for (;;)
		pause();
}
