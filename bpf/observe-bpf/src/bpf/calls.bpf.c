// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Probes on library functions, three programs in all; a probe's cookie says which function it is.
 *
 *   call   at the entry, where the arguments say everything
 *   enter  at the entry, keeps the arguments for
 *   leave  at the return, where the result says how much was read or accepted
 *
 * and one on what sockets send (sockets.h).
 *
 * Bytes are copied and never looked at. */
#include "kernel.h"
#include "event.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Whom to watch: exactly one of the two is set by the loader. */
const volatile __u32 watch_net = 0;
const volatile __u64 watch_cgroup = 0;
const volatile __u32 watch_cgroup_level = 0;

/* Events for which there was no room. Probes can be preempted: added to atomically. */
__u64 lost = 0;

/* Reads of streams and ports that were opened before their library was watched: nobody can say whether
 * they record or play, so they are told as a number and not as reads. */
__u64 unplaced = 0;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20); /* the loader sets it, see watch.rs */
} ring SEC(".maps");

#include "maps.h"

static __always_inline bool ours(void)
{
	struct task_struct *task;

	if (watch_cgroup)
		return bpf_get_current_ancestor_cgroup_id(watch_cgroup_level) == watch_cgroup;
	task = (struct task_struct *)bpf_get_current_task();
	return watch_net && BPF_CORE_READ(task, nsproxy, net_ns, ns.inum) == watch_net;
}

static __always_inline struct handle handle_of(__u64 object, __u32 what)
{
	struct handle handle = {
		.process = bpf_get_current_pid_tgid() >> 32,
		.what = what,
		.object = object,
	};
	return handle;
}

static __always_inline void lose(void)
{
	__sync_fetch_and_add(&lost, 1);
}

#include "submit.h"

static __always_inline __u32 saturated(__u64 bytes)
{
	return bytes > 0xffffffff ? 0xffffffff : bytes;
}

/* `have` of the `bytes` lie at `from`. */
struct sound {
	__u64 bytes;
	__u64 from;
	__u64 have;
	__u32 samples;
};

static __always_inline int submit_read(__u8 door, __u64 stream, struct sound sound)
{
	struct event head = {
		.object = stream,
		.bytes = saturated(sound.bytes),
		.fd = -1,
		.kind = KIND_READ,
		.what = door,
		.samples = sound.samples,
	};
	return submit(&head, sound.from, sound.have);
}

static __always_inline int submit_running(__u8 door, __u64 stream, bool running)
{
	struct event head = {
		.object = stream,
		.fd = -1,
		.kind = KIND_RUNNING,
		.what = door,
		.running = running,
	};
	return submit(&head, 0, 0);
}

static __always_inline int submit_plain(__u8 sink, __u64 connection, __s32 fd, __u64 bytes,
					__u64 from)
{
	struct event head = {
		.object = connection,
		.bytes = saturated(bytes),
		.fd = fd,
		.kind = KIND_PLAIN,
		.what = sink,
	};
	return submit(&head, from, bytes);
}

/* Plaintext of a connection, with the socket that its bytes went to. */
static __always_inline int submit_written(__u8 sink, __u32 call, struct mark *mark, __s32 fd,
					  __u64 bytes)
{
	struct handle handle = handle_of(mark->args[0], call);
	struct wire *wire = bpf_map_lookup_elem(&wires, &handle);
	struct event head = {
		.object = mark->args[0],
		.bytes = saturated(bytes),
		.fd = fd,
		.kind = KIND_PLAIN,
		.what = sink,
	};

	if (wire) {
		head.ends = wire->ends;
		if (wire->open) {
			head.from_seq = wire->from_seq;
			head.to_seq = wire->to_seq;
			wire->open = 0;
		}
	}
	return submit(&head, mark->args[1], bytes);
}

static __always_inline void forget_wire(__u64 object, __u32 call)
{
	struct handle handle = handle_of(object, call);

	bpf_map_delete_elem(&wires, &handle);
}

static __always_inline void remember(__u64 object, __u32 what, __u32 a, __u32 b, __u32 samples)
{
	struct handle handle = handle_of(object, what);
	struct known known = { .a = a, .b = b, .samples = samples };

	if (bpf_map_update_elem(&objects, &handle, &known, BPF_ANY))
		lose();
}

static __always_inline struct known *recall(__u64 object, __u32 what)
{
	struct handle handle = handle_of(object, what);

	return bpf_map_lookup_elem(&objects, &handle);
}

/* Whether a stream or port is one that records; counted where it was opened unseen. */
static __always_inline bool is_input(struct known *known)
{
	if (!known)
		__sync_fetch_and_add(&unplaced, 1);
	return known && known->a;
}

static __always_inline __u64 user_u64(__u64 at)
{
	__u64 value = 0;

	bpf_copy_from_user(&value, sizeof(value), (const void *)at);
	return value;
}

static __always_inline __u32 user_u32(__u64 at)
{
	__u32 value = 0;

	bpf_copy_from_user(&value, sizeof(value), (const void *)at);
	return value;
}

SEC("uprobe.multi.s")
int call(struct pt_regs *ctx)
{
	__u64 object = PT_REGS_PARM1(ctx), second = PT_REGS_PARM2(ctx);
	struct handle handle;
	struct peeked *found, peeked;
	struct known *known;

	if (!ours())
		return 0;
	switch (bpf_get_attach_cookie(ctx)) {
	case CALL_PULSE_DROP:
		handle = handle_of(object, CALL_PULSE_PEEK);
		found = bpf_map_lookup_elem(&peeks, &handle);
		if (!found)
			return 0;
		peeked = *found;
		bpf_map_delete_elem(&peeks, &handle);
		/* A hole in the stream has a length and no data. */
		known = recall(object, CALL_PULSE_NEW);
		return submit_read(DOOR_PULSE, object,
				   (struct sound){ peeked.bytes, peeked.data, peeked.bytes,
						   known ? known->samples : 0 });
	case CALL_PULSE_CORK:
		return submit_running(DOOR_PULSE, object, (__s32)second == 0);
	case CALL_PIPEWIRE_CONNECT: /* enum spa_direction: 0 is input, so capture */
		remember(object, CALL_PIPEWIRE_CONNECT, (__u32)second == 0, 0, 0);
		return 0;
	case CALL_PIPEWIRE_ACTIVE:
		return submit_running(DOOR_PIPEWIRE, object, (second & 0xff) != 0);
	case CALL_OPENSSL_SET_FD:
		remember(object, CALL_OPENSSL_SET_FD, second, 0, 0);
		return 0;
	case CALL_OPENSSL_FREE:
		handle = handle_of(object, CALL_OPENSSL_SET_FD);
		bpf_map_delete_elem(&objects, &handle);
		forget_wire(object, CALL_OPENSSL_WRITE);
		return 0;
	case CALL_GNUTLS_FREE:
		forget_wire(object, CALL_GNUTLS_SEND);
		return 0;
	case CALL_NSS_CLOSE:
		forget_wire(object, CALL_NSS_WRITE);
		return 0;
	/* (encoder, samples, frame size): the number of channels is in the encoder. What is handed
	 * over is one frame size of samples, so half of a stereo frame. */
	case CALL_OPUS_ENCODE:
		return submit_plain(SINK_OPUS, object, -1, 2 * (__u64)(__u32)PT_REGS_PARM3(ctx),
				    second);
	case CALL_OPUS_ENCODE_FLOAT:
		return submit_plain(SINK_OPUS_FLOAT, object, -1,
				    4 * (__u64)(__u32)PT_REGS_PARM3(ctx), second);
	case CALL_SRTP_PROTECT: /* (context, packet, int *length) */
		return submit_plain(SINK_SRTP, object, -1, user_u32(PT_REGS_PARM3(ctx)), second);
	}
	return 0;
}

static __always_inline __u64 mark_key(__u64 call)
{
	return bpf_get_current_pid_tgid() << 32 | call;
}

SEC("uprobe.multi")
int enter(struct pt_regs *ctx)
{
	struct mark mark = { .sp = PT_REGS_SP(ctx) }, *outer;
	__u64 key;

	if (!ours())
		return 0;
	key = mark_key(bpf_get_attach_cookie(ctx));
	outer = bpf_map_lookup_elem(&marks, &key);
	/* A function that calls its like: the outer one is what the app called. */
	if (outer && !outer->done && mark.sp < outer->sp)
		return 0;
	mark.args[0] = PT_REGS_PARM1(ctx);
	mark.args[1] = PT_REGS_PARM2(ctx);
	mark.args[2] = PT_REGS_PARM3(ctx);
	mark.args[3] = PT_REGS_PARM4(ctx);
	mark.args[4] = PT_REGS_PARM5(ctx);
	mark.args[5] = PT_REGS_PARM6(ctx);
	/* Where this fails, `leave` finds nothing and counts it. */
	bpf_map_update_elem(&marks, &key, &mark, BPF_ANY);
	return 0;
}

/* struct snd_pcm_hw_params of <sound/asound.h>, which alsa-lib shares: flags, 8 masks of 32 bytes
 * (access, format, …), then intervals of 12 (sample bits, frame bits, channels, …) that begin with
 * their minimum. */
#define HW_PARAMS_FORMAT (4 + 32)
#define HW_PARAMS_SAMPLE_BITS (4 + 8 * 32)
#define HW_PARAMS_FRAME_BITS (HW_PARAMS_SAMPLE_BITS + 12)

/* SNDRV_PCM_FORMAT_*: once a device is set up its mask has one bit. */
static __always_inline __u32 alsa_samples(__u32 formats)
{
	switch (formats) {
	case 1 << 2:
		return SAMPLES_S16;
	case 1 << 10:
		return SAMPLES_S32;
	case 1 << 14:
		return SAMPLES_F32;
	}
	return 0;
}

/* enum pa_sample_format of <pulse/sample.h>, the first member of a pa_sample_spec. */
static __always_inline __u32 pulse_samples(__u32 format)
{
	switch (format) {
	case 3:
		return SAMPLES_S16;
	case 5:
		return SAMPLES_F32;
	case 7:
		return SAMPLES_S32;
	}
	return 0;
}

static __always_inline int alsa_read(struct mark *mark, __s64 frames, bool planar)
{
	struct known *known = recall(mark->args[0], CALL_ALSA_HW_PARAMS);
	struct sound sound = { .bytes = frames };

	if (frames <= 0)
		return 0;
	/* Set up before it was watched: a frame has at least one byte. */
	if (known) {
		sound.bytes = (__u64)frames * known->a / 8;
		sound.from = mark->args[1];
		sound.have = sound.bytes;
		sound.samples = known->samples;
		if (planar) {
			/* An array of channels: the first one is copied. */
			sound.from = user_u64(sound.from);
			sound.have = (__u64)frames * known->b / 8;
		}
	}
	return submit_read(DOOR_ALSA, mark->args[0], sound);
}

/* <pipewire/stream.h>, <spa/buffer/buffer.h>: pw_buffer.buffer -> spa_buffer{n_metas, n_datas,
 * metas, datas} -> spa_data{type, flags, fd, mapoffset, maxsize, data, chunk} -> spa_chunk{offset,
 * size, …}. A part of the stable interface. */
static __always_inline int pipewire_read(__u64 stream, __u64 pw_buffer)
{
	struct known *known = recall(stream, CALL_PIPEWIRE_CONNECT);
	__u64 spa_buffer, datas, chunk, planes, size, data;

	if (!pw_buffer || !is_input(known))
		return 0;
	spa_buffer = user_u64(pw_buffer);
	planes = user_u32(spa_buffer + 4);
	datas = user_u64(spa_buffer + 16);
	data = user_u64(datas + 24);
	chunk = user_u64(datas + 32);
	size = user_u32(chunk + 4);
	if (data)
		data += user_u32(chunk);
	/* One plane for each channel where they are not interleaved; the first one is copied. */
	return submit_read(DOOR_PIPEWIRE, stream, (struct sound){ planes * size, data, size, 0 });
}

/* PRFileDesc.methods -> PRIOMethods.file_type (<prio.h>): 2 and 3 are sockets, 4 is a layer, such as
 * TLS; files and pipes are not sent to anybody. */
static __always_inline bool nss_socket(__u64 descriptor)
{
	__u32 type = user_u32(user_u64(descriptor));

	return type >= 2 && type <= 4;
}

SEC("uretprobe.multi.s")
int leave(struct pt_regs *ctx)
{
	__u64 cookie = bpf_get_attach_cookie(ctx), key, back, object;
	__s64 result = PT_REGS_RC(ctx);
	struct mark *found, mark;
	struct peeked peeked;
	struct handle handle;
	struct known *known;

	if (!ours())
		return 0;
	key = mark_key(cookie);
	found = bpf_map_lookup_elem(&marks, &key);
	if (!found) {
		lose();
		return 0;
	}
	/* The return address (8 bytes on x86, none on arm64) is off the stack by now. */
	back = PT_REGS_SP(ctx) - found->sp;
	/* Inside of the outer call; or the second return of a function that jumped to its like. */
	if (back > 8 || found->done)
		return 0;
	mark = *found;
	found->done = 1;
	object = mark.args[0];
	switch (cookie) {
	case CALL_PULSE_PEEK: /* (stream, &data, &bytes) */
		if ((__s32)result != 0)
			return 0;
		peeked.data = user_u64(mark.args[1]);
		peeked.bytes = user_u64(mark.args[2]);
		handle = handle_of(object, CALL_PULSE_PEEK);
		if (!peeked.bytes)
			bpf_map_delete_elem(&peeks, &handle);
		else if (bpf_map_update_elem(&peeks, &handle, &peeked, BPF_ANY))
			lose();
		return 0;
	case CALL_PULSE_SIMPLE_READ: /* (connection, data, bytes, &error) */
		if ((__s32)result < 0)
			return 0;
		known = recall(object, CALL_PULSE_SIMPLE_NEW);
		return submit_read(DOOR_PULSE_SIMPLE, object,
				   (struct sound){ mark.args[2], mark.args[1], mark.args[2],
						   known ? known->samples : 0 });
	case CALL_PULSE_NEW: /* (context, name, specification, …) */
		if (result)
			remember(result, CALL_PULSE_NEW, 0, 0,
				 pulse_samples(user_u32(mark.args[2])));
		return 0;
	case CALL_PULSE_SIMPLE_NEW: /* (server, name, direction, device, stream, specification, …) */
		if (result)
			remember(result, CALL_PULSE_SIMPLE_NEW, 0, 0,
				 pulse_samples(user_u32(mark.args[5])));
		return 0;
	case CALL_ALSA_HW_PARAMS: /* (pcm, params) */
		if ((__s32)result >= 0)
			remember(object, CALL_ALSA_HW_PARAMS,
				 user_u32(mark.args[1] + HW_PARAMS_FRAME_BITS),
				 user_u32(mark.args[1] + HW_PARAMS_SAMPLE_BITS),
				 alsa_samples(user_u32(mark.args[1] + HW_PARAMS_FORMAT)));
		return 0;
	case CALL_ALSA_READI: /* (pcm, buffer, frames) */
		return alsa_read(&mark, result, false);
	case CALL_ALSA_READN: /* (pcm, buffers, frames) */
		return alsa_read(&mark, result, true);
	case CALL_PIPEWIRE_DEQUEUE:
		return pipewire_read(object, result);
	case CALL_JACK_REGISTER: /* (client, name, type, flags, size); flag 1 is an input */
		if (result)
			remember(result, CALL_JACK_REGISTER,
				 (mark.args[3] & 1) && (user_u32(mark.args[2]) & 0xffff) == 0x3233,
				 0, SAMPLES_F32);
		return 0;
	case CALL_JACK_BUFFER: /* (port, frames): floats */
		if (!result || !is_input(recall(object, CALL_JACK_REGISTER)))
			return 0;
		return submit_read(DOOR_JACK, object,
				   (struct sound){ 4 * (__u64)(__u32)mark.args[1], result,
						   4 * (__u64)(__u32)mark.args[1], SAMPLES_F32 });
	case CALL_OPENSSL_WRITE: /* (connection, data, bytes) */
	case CALL_OPENSSL_WRITE_EX: /* (connection, data, bytes, &written) */
		if ((__s32)result <= 0)
			return 0;
		known = recall(object, CALL_OPENSSL_SET_FD);
		return submit_written(SINK_OPENSSL, CALL_OPENSSL_WRITE, &mark,
				      known ? (__s32)known->a : -1,
				      cookie == CALL_OPENSSL_WRITE ? (__u64)(__u32)result :
								     user_u64(mark.args[3]));
	case CALL_GNUTLS_SEND: /* (session, data, bytes, …) */
		if (result <= 0)
			return 0;
		return submit_written(SINK_GNUTLS, CALL_GNUTLS_SEND, &mark, -1, result);
	case CALL_NSS_WRITE: /* (descriptor, data, bytes, …) */
		if ((__s32)result <= 0 || !nss_socket(object))
			return 0;
		return submit_written(SINK_NSS, CALL_NSS_WRITE, &mark, -1, (__u32)result);
	}
	return 0;
}

#include "sockets.h"
