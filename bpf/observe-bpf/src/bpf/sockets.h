/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What sockets send: whose they are, and which of them carries what a library encrypts. A part of
 * calls.bpf.c.
 *
 * The tracepoint is behind every way to send (write, send, sendmsg, sendmmsg, sendfile, io_uring),
 * after the protocol took the bytes. */
#ifndef MUTEPROOF_SOCKETS_H
#define MUTEPROOF_SOCKETS_H

#define AF_INET 2
#define AF_INET6 10
#define TCP 6

/* A socket in the hands of a process: two may share one. */
struct held {
	__u64 cookie;
	__u64 process;
};

/* What was told already. When it overflows, a socket is told again. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct held);
	__type(value, struct ends);
} told SEC(".maps");

/* The socket's namespace and not the thread's: the kernel's workers for io_uring send too, and a
 * process may have been handed a socket of another namespace. */
static __always_inline bool our_socket(struct sock *sk)
{
	if (watch_cgroup)
		return ours();
	return watch_net && BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum) == watch_net;
}

static __always_inline void ends_of(struct sock *sk, struct ends *ends)
{
	ends->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	ends->protocol = BPF_CORE_READ(sk, sk_protocol);
	ends->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	ends->remote_port = __builtin_bswap16(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (ends->family == AF_INET) {
		bpf_core_read(ends->local, 4, &sk->__sk_common.skc_rcv_saddr);
		bpf_core_read(ends->remote, 4, &sk->__sk_common.skc_daddr);
	} else {
		bpf_core_read(ends->local, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_core_read(ends->remote, 16, &sk->__sk_common.skc_v6_daddr);
	}
}

static __always_inline bool same(const struct ends *a, const struct ends *b)
{
	const __u64 *x = (const __u64 *)a, *y = (const __u64 *)b;

	return !((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3]) | (x[4] ^ y[4]));
}

static __always_inline void tell(struct held *held, struct ends *ends, __u64 thread)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);
	struct event *event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);

	if (!event) {
		/* Not remembered: it is told when it sends again. */
		lose();
		return;
	}
	__builtin_memset(event, 0, sizeof(*event));
	event->t_ns = bpf_ktime_get_ns();
	event->object = held->cookie;
	event->pid = held->process;
	event->tid = thread;
	event->fd = -1;
	event->kind = KIND_SOCKET;
	/* The process's name: a worker of io_uring has one of its own. */
	bpf_core_read_str(event->command, sizeof(event->command), &leader->comm);
	event->ends = *ends;
	bpf_ringbuf_submit(event, 0);
	bpf_map_update_elem(&told, held, ends, BPF_ANY);
}

/* The library call that this thread is in the middle of, if it is one that encrypts: `sent` more
 * bytes of its connection went to this socket. */
static __always_inline void tie(struct sock *sk, struct ends *ends, __u32 sent, __u64 thread)
{
	static const __u8 calls[] = { CALL_OPENSSL_WRITE, CALL_OPENSSL_WRITE_EX, CALL_GNUTLS_SEND,
				      CALL_NSS_WRITE };
	__u32 end = ends->protocol == TCP ? BPF_CORE_READ((struct tcp_sock *)sk, write_seq) : 0;
	struct wire *known, wire = {};
	struct handle handle = {};
	struct mark *mark;
	__u64 key;

#pragma unroll
	for (int i = 0; i < sizeof(calls); i++) {
		key = thread << 32 | calls[i];
		mark = bpf_map_lookup_elem(&marks, &key);
		if (!mark || mark->done)
			continue;
		handle.process = thread >> 32;
		handle.what = calls[i] == CALL_OPENSSL_WRITE_EX ? CALL_OPENSSL_WRITE : calls[i];
		handle.object = mark->args[0];
		known = bpf_map_lookup_elem(&wires, &handle);
		wire.ends = *ends;
		/* A call that was done by half goes on; in other hands the memory is another's. */
		wire.from_seq = known && known->open && same(&known->ends, ends) ?
					known->from_seq :
					end - sent;
		wire.to_seq = end;
		wire.open = ends->protocol == TCP;
		if (bpf_map_update_elem(&wires, &handle, &wire, BPF_ANY))
			lose();
		return;
	}
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(sent, struct sock *sk, int ret, int flags)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct held held = { .process = thread >> 32 };
	struct ends ends = {}, *before;
	__u16 family;

	if (ret < 0 || !sk || !our_socket(sk))
		return 0;
	family = BPF_CORE_READ(sk, __sk_common.skc_family);
	if (family != AF_INET && family != AF_INET6)
		return 0;
	ends_of(sk, &ends);
	held.cookie = bpf_get_socket_cookie(sk);
	before = bpf_map_lookup_elem(&told, &held);
	if (!before || !same(before, &ends))
		tell(&held, &ends, thread);
	if (ends.remote_port)
		tie(sk, &ends, ret, thread);
	return 0;
}

#endif
