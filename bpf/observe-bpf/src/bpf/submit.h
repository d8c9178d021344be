/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Hands a call over through the ring. A part of calls.bpf.c. */
#ifndef MUTEPROOF_SUBMIT_H
#define MUTEPROOF_SUBMIT_H

/* A reservation is of a size that the verifier knows: the next of a few. `n` stays 64 bits wide and
 * is hidden from the optimiser, or clang compares one copy and passes another. */
#define SUBMIT(size)                                                                              \
	do {                                                                                      \
		struct event *event = bpf_ringbuf_reserve(&ring, sizeof(*event) + (size), 0);     \
		if (!event) {                                                                     \
			lose();                                                                   \
			return 0;                                                                 \
		}                                                                                 \
		*event = *head;                                                                   \
		bpf_get_current_comm(event->command, sizeof(event->command));                     \
		__u64 n = have;                                                                   \
		asm volatile("" : "+r"(n));                                                       \
		if (n > (size))                                                                   \
			n = (size);                                                               \
		event->copied = n;                                                                \
		if (n && bpf_copy_from_user(event + 1, n, (const void *)from)) {                  \
			event->copied = 0;                                                        \
			event->uncopied = 1;                                                      \
		}                                                                                 \
		bpf_ringbuf_submit(event, 0);                                                     \
		return 0;                                                                         \
	} while (0)

/* Hands `head` over, with the first `have` bytes at `from`. */
static __noinline int submit(struct event *head, __u64 from, __u64 have)
{
	__u64 thread = bpf_get_current_pid_tgid();

	head->t_ns = bpf_ktime_get_ns();
	head->pid = thread >> 32;
	head->tid = thread;
	if (!from || !have) {
		struct event *event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);
		if (!event) {
			lose();
			return 0;
		}
		*event = *head;
		event->copied = 0;
		bpf_get_current_comm(event->command, sizeof(event->command));
		bpf_ringbuf_submit(event, 0);
		return 0;
	}
	if (have <= 256)
		SUBMIT(256);
	if (have <= 1024)
		SUBMIT(1024);
	if (have <= 2048)
		SUBMIT(2048);
	if (have <= 4096)
		SUBMIT(4096);
	if (have <= 8192)
		SUBMIT(8192);
	SUBMIT(DATA_MAX);
}

#endif
