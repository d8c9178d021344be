/* Stands in for the libraries: hands out bytes that are counted up, and takes what it is given.
 * Struct layouts are those of the real headers; programs that use the real libraries are tested in
 * real.rs. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#define EXPORT __attribute__((visibility("default"), noinline))

static unsigned char next_byte;

static void fill(unsigned char *data, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		data[i] = next_byte++ * 7;
}

/* libpulse. Every third fragment is a hole: it has a length and no data. */
static unsigned char fragment[3000];
static size_t fragment_bytes;
static int fragments;

EXPORT int pa_stream_peek(void *stream, const void **data, size_t *bytes)
{
	(void)stream;
	if (!fragment_bytes) {
		fragment_bytes = 1000 + 500 * (fragments++ % 4);
		fill(fragment, fragment_bytes);
	}
	*data = fragments % 3 ? fragment : NULL;
	*bytes = fragment_bytes;
	return 0;
}

EXPORT int pa_stream_drop(void *stream)
{
	(void)stream;
	fragment_bytes = 0;
	return 0;
}

EXPORT void *pa_stream_cork(void *stream, int corked, void *callback, void *user)
{
	(void)callback;
	(void)user;
	return corked ? NULL : stream;
}

EXPORT int pa_simple_read(void *simple, void *data, size_t bytes, int *error)
{
	(void)simple;
	(void)error;
	if (!bytes)
		return -1;
	fill(data, bytes);
	return 0;
}

/* libasound: frames of two channels of 16 bits, said where snd_pcm_hw_params(3) leaves them. */
EXPORT int snd_pcm_hw_params(void *pcm, uint32_t *params)
{
	(void)pcm;
	params[(4 + 8 * 32) / 4] = 16;
	params[(4 + 8 * 32 + 12) / 4] = 32;
	return 0;
}

EXPORT long snd_pcm_mmap_readi(void *pcm, void *data, unsigned long frames)
{
	(void)pcm;
	if (!frames)
		return -32; /* -EPIPE */
	fill(data, frames * 4);
	return frames;
}

/* As with dsnoop: one read function is behind the other. */
EXPORT long snd_pcm_readi(void *pcm, void *data, unsigned long frames)
{
	long got = snd_pcm_mmap_readi(pcm, data, frames);
	return got;
}

EXPORT long snd_pcm_readn(void *pcm, void **data, unsigned long frames)
{
	(void)pcm;
	fill(data[0], frames * 2);
	fill(data[1], frames * 2);
	return frames;
}

/* libpipewire */
struct chunk {
	uint32_t offset, size;
	int32_t stride, flags;
};
struct data {
	uint32_t type, flags;
	int64_t fd;
	uint32_t mapoffset, maxsize;
	void *data;
	struct chunk *chunk;
};
struct spa {
	uint32_t n_metas, n_datas;
	void *metas;
	struct data *datas;
};
struct pw {
	struct spa *buffer;
	void *user;
	uint64_t size;
};

static unsigned char room[4096 + 16];
static struct chunk chunk;
static struct data plane = { .data = room, .chunk = &chunk };
static struct spa spa = { .n_datas = 1, .datas = &plane };
static struct pw pw = { .buffer = &spa };
static int dequeued;

EXPORT int pw_stream_connect(void *stream, int direction, uint32_t target, int flags, void *params,
			     uint32_t n)
{
	(void)stream, (void)direction, (void)target, (void)flags, (void)params, (void)n;
	return 0;
}

EXPORT int pw_stream_set_active(void *stream, _Bool active)
{
	(void)stream;
	return active;
}

EXPORT struct pw *pw_stream_dequeue_buffer(void *stream)
{
	(void)stream;
	if (++dequeued % 4 == 0)
		return NULL;
	chunk.offset = 16;
	chunk.size = 1024;
	fill(room + chunk.offset, chunk.size);
	return &pw;
}

/* libjack */
static unsigned char ports[2][4 * 256];

EXPORT void *jack_port_register(void *client, const char *name, const char *type,
				unsigned long flags, unsigned long size)
{
	(void)client, (void)name, (void)type, (void)size;
	return ports[flags & 1];
}

EXPORT void *jack_port_get_buffer(void *port, uint32_t frames)
{
	fill(port, 4 * frames);
	return port;
}

/* Those that encrypt. Of OpenSSL every fifth write is to be done again, every fourth is accepted by
 * half. */
static int written;

EXPORT int SSL_write(void *ssl, const void *data, int bytes)
{
	(void)ssl, (void)data;
	written++;
	return written % 5 == 0 ? -1 : written % 4 == 0 ? bytes / 2 : bytes;
}

EXPORT int SSL_write_ex(void *ssl, const void *data, size_t bytes, size_t *done)
{
	(void)ssl, (void)data;
	*done = bytes - 1;
	return 1;
}

EXPORT int SSL_set_fd(void *ssl, int fd)
{
	(void)ssl;
	return fd >= 0;
}

EXPORT void SSL_free(void *ssl)
{
	(void)ssl;
}

EXPORT ssize_t gnutls_record_send2(void *session, const void *data, size_t bytes, size_t pad,
				   unsigned flags)
{
	(void)session, (void)data, (void)pad, (void)flags;
	return bytes;
}

EXPORT ssize_t gnutls_record_send(void *session, const void *data, size_t bytes)
{
	ssize_t done = gnutls_record_send2(session, data, bytes, 0, 0);
	return done;
}

EXPORT int32_t PR_Write(void *fd, const void *data, int32_t bytes)
{
	(void)fd, (void)data;
	return bytes;
}

EXPORT int32_t PR_Send(void *fd, const void *data, int32_t bytes, int flags, uint32_t wait)
{
	(void)fd, (void)data, (void)flags, (void)wait;
	return bytes;
}

EXPORT int opus_encode(void *encoder, const int16_t *samples, int frame, unsigned char *out, int n)
{
	(void)encoder, (void)samples, (void)frame;
	memset(out, 0, n);
	return 1;
}

EXPORT int opus_encode_float(void *encoder, const float *samples, int frame, unsigned char *out,
			     int n)
{
	(void)encoder, (void)samples, (void)frame;
	memset(out, 0, n);
	return 1;
}

EXPORT int srtp_protect(void *context, void *packet, int *bytes)
{
	(void)context, (void)packet;
	*bytes += 10;
	return 0;
}
