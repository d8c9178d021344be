/* Sends five datagrams to itself by io_uring, with nothing but system calls: no `send` is ever
 * called. `worker` has the kernel's worker threads send, `poller` its polling thread. Waits for
 * a line before, and for its standard input's end after; 77 where the kernel has no io_uring. */
#include <arpa/inet.h>
#include <linux/io_uring.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *at(int fd, size_t bytes, uint64_t what)
{
	void *mapped = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, what);

	if (mapped == MAP_FAILED)
		exit(1);
	return mapped;
}

int main(int argc, char **argv)
{
	int poller = argc > 1 && !strcmp(argv[1], "poller");
	struct io_uring_params params = { .flags = poller ? IORING_SETUP_SQPOLL : 0,
					  .sq_thread_idle = 2000 };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr =
							      htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(to);
	int fd = socket(AF_INET, SOCK_DGRAM, 0), receiver = socket(AF_INET, SOCK_DGRAM, 0);
	int ring = syscall(SYS_io_uring_setup, 8, &params);

	if (ring < 0)
		return 77;
	if (bind(receiver, (struct sockaddr *)&to, size) ||
	    getsockname(receiver, (struct sockaddr *)&to, &size) ||
	    connect(fd, (struct sockaddr *)&to, size) || getchar() == EOF)
		return 1;
	char *sq = at(ring, params.sq_off.array + params.sq_entries * 4, IORING_OFF_SQ_RING);
	char *cq = at(ring, params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe),
		      IORING_OFF_CQ_RING);
	struct io_uring_sqe *sqes = at(ring, params.sq_entries * sizeof(*sqes), IORING_OFF_SQES);
	_Atomic unsigned *tail = (void *)(sq + params.sq_off.tail);
	_Atomic unsigned *flags = (void *)(sq + params.sq_off.flags);
	_Atomic unsigned *ended = (void *)(cq + params.cq_off.tail);
	unsigned *array = (void *)(sq + params.sq_off.array);

	for (unsigned i = 0; i < 5; i++) {
		struct io_uring_sqe *sqe = &sqes[i];
		memset(sqe, 0, sizeof(*sqe));
		sqe->opcode = IORING_OP_SEND;
		sqe->flags = poller ? 0 : IOSQE_ASYNC;
		sqe->fd = fd;
		sqe->addr = (uintptr_t)"datagram";
		sqe->len = 8;
		array[i] = i;
		atomic_store(tail, i + 1);
		int wake = atomic_load(flags) & IORING_SQ_NEED_WAKEUP ? IORING_ENTER_SQ_WAKEUP : 0;
		syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS | wake, NULL, 0);
		while (atomic_load(ended) <= i)
			;
		struct io_uring_cqe *cqe = (void *)(cq + params.cq_off.cqes);
		if (cqe[i].res != 8)
			return 1;
	}
	struct sockaddr_in own;
	getsockname(fd, (struct sockaddr *)&own, &size);
	printf("%d\n%d\n", ntohs(own.sin_port), ntohs(to.sin_port));
	fflush(stdout);
	while (getchar() != EOF)
		;
	return 0;
}
