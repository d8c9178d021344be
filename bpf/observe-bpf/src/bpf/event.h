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
	KIND_SOCKET = 4,
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
	CALL_PULSE_NEW = 22,
	CALL_PULSE_SIMPLE_NEW = 23,
	CALL_GNUTLS_FREE = 24,
	CALL_NSS_CLOSE = 25,
};

/* tap::Samples; 0 where the library was not asked, or for anything else. */
enum samples {
	SAMPLES_S16 = 1,
	SAMPLES_S32 = 2,
	SAMPLES_F32 = 3,
};

/* A socket's two ends. Addresses as the kernel has them: of IPv4 the first four bytes. */
struct ends {
	__u8 local[16];
	__u8 remote[16];
	__u16 local_port;
	__u16 remote_port; /* 0: not connected */
	__u16 protocol;	   /* IPPROTO_TCP, IPPROTO_UDP, … */
	__u16 family;	   /* AF_INET, AF_INET6; 0: no socket is known */
};

/* One record of the ring; the data follows. */
struct event {
	__u64 t_ns;
	__u64 object; /* stream, connection or codec: the library's pointer; a socket's cookie */
	__u32 pid;
	__u32 tid;
	__u32 bytes;  /* of the call */
	__u32 copied; /* of them that follow */
	__s32 fd;
	__u8 kind;
	__u8 what; /* door or sink */
	__u8 running;
	__u8 samples;
	char command[16];
	struct ends ends;
	__u32 from_seq; /* TCP's numbers of what the call sent; equal: not known */
	__u32 to_seq;
	__u8 uncopied; /* there was something to copy, and it could not be */
	__u8 unused[7];
};

_Static_assert(sizeof(struct ends) == 40, "src/event.rs says the same");
_Static_assert(sizeof(struct event) == 112, "src/event.rs says the same");
_Static_assert(__builtin_offsetof(struct event, pid) == 16, "src/event.rs says the same");
_Static_assert(__builtin_offsetof(struct event, fd) == 32, "src/event.rs says the same");
_Static_assert(__builtin_offsetof(struct event, command) == 40, "src/event.rs says the same");
_Static_assert(__builtin_offsetof(struct event, from_seq) == 96, "src/event.rs says the same");

#endif
