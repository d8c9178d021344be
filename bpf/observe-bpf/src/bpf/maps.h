/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the programs remember; every table is bounded. A part of calls.bpf.c. */
#ifndef MUTEPROOF_MAPS_H
#define MUTEPROOF_MAPS_H

/* A thread's call under way, or its last one. The stack pointer tells calls within calls: the stack
 * grows downwards. */
struct mark {
	__u64 sp;
	__u64 done; /* returned, and handed over */
	__u64 args[6];
};

/* Threads that made a watched call. When it overflows the oldest is forgotten; the return of a call
 * under way is then counted as lost. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64); /* thread << 32 | group of calls */
	__type(value, struct mark);
} marks SEC(".maps");

/* A library's object in a process. */
struct handle {
	__u32 process;
	__u32 what; /* enum call that tells of it */
	__u64 object;
};

struct peeked {
	__u64 data;
	__u64 bytes;
};

/* Streams peeked and not yet dropped. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct handle);
	__type(value, struct peeked);
} peeks SEC(".maps");

/* What is known of an object: ALSA frame and sample size, PipeWire direction, JACK port, OpenSSL
 * socket; and enum samples. */
struct known {
	__u32 a;
	__u32 b;
	__u32 samples;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct handle);
	__type(value, struct known);
} objects SEC(".maps");

/* Where an object's bytes went, and TCP's numbers of those that are not yet handed over. */
struct wire {
	struct ends ends;
	__u32 from_seq;
	__u32 to_seq;
	__u64 open; /* `from_seq` holds */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct handle);
	__type(value, struct wire);
} wires SEC(".maps");

#endif
