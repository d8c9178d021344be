/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the BPF programs and the loader have in common. The loader's half is src/event.rs; both
 * sides assert the layout, and a test compares the numbers. */
#ifndef MUTEPROOF_EVENT_H
#define MUTEPROOF_EVENT_H

/* Bytes of one call's data that are handed over: tap::DATA_MAX. */
#define DATA_MAX 16384

enum kind {
	KIND_READ = 1,
	KIND_RUNNING = 2,
	KIND_PLAIN = 3,
};

/* tap::Door */
enum door {
	DOOR_PULSE = 1,
	DOOR_PULSE_SIMPLE = 2,
	DOOR_ALSA = 3,
	DOOR_PIPEWIRE = 4,
	DOOR_JACK = 5,
};

/* tap::Sink */
enum sink {
	SINK_OPENSSL = 1,
	SINK_GNUTLS = 2,
	SINK_NSS = 3,
	SINK_OPUS = 4,
	SINK_OPUS_FLOAT = 5,
	SINK_SRTP = 6,
};

/* The cookie of a probe: which function it sits on. */
enum call {
	CALL_PULSE_PEEK = 1,
	CALL_PULSE_DROP = 2,
	CALL_PULSE_CORK = 3,
	CALL_PULSE_SIMPLE_READ = 4,
	CALL_ALSA_HW_PARAMS = 5,
	CALL_ALSA_READI = 6,
	CALL_ALSA_READN = 7,
	CALL_PIPEWIRE_CONNECT = 8,
	CALL_PIPEWIRE_DEQUEUE = 9,
	CALL_PIPEWIRE_ACTIVE = 10,
	CALL_JACK_REGISTER = 11,
	CALL_JACK_BUFFER = 12,
	CALL_OPENSSL_WRITE = 13,
	CALL_OPENSSL_WRITE_EX = 14,
	CALL_OPENSSL_SET_FD = 15,
	CALL_OPENSSL_FREE = 16,
	CALL_GNUTLS_SEND = 17,
	CALL_NSS_WRITE = 18,
	CALL_OPUS_ENCODE = 19,
	CALL_OPUS_ENCODE_FLOAT = 20,
	CALL_SRTP_PROTECT = 21,
};

/* One record of the ring; the data follows. */
struct event {
	__u64 t_ns;
	__u64 object; /* stream, connection or codec: the library's pointer */
	__u32 pid;
	__u32 tid;
	__u32 bytes;  /* of the call */
	__u32 copied; /* of them that follow */
	__s32 fd;
	__u8 kind;
	__u8 what; /* door or sink */
	__u8 running;
	__u8 unused;
	char command[16];
};

_Static_assert(sizeof(struct event) == 56, "src/event.rs says the same");
_Static_assert(__builtin_offsetof(struct event, pid) == 16, "src/event.rs says the same");
_Static_assert(__builtin_offsetof(struct event, fd) == 32, "src/event.rs says the same");
_Static_assert(__builtin_offsetof(struct event, command) == 40, "src/event.rs says the same");

#endif
