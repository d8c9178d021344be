/* An app of which every call is known. It waits for a line, makes N calls of each function, and
 * writes what it got and gave, as `NAME BYTES HEX` lines; then waits for its standard input's end. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

int pa_stream_peek(void *, const void **, size_t *);
int pa_stream_drop(void *);
void *pa_stream_cork(void *, int, void *, void *);
int pa_simple_read(void *, void *, size_t, int *);
int snd_pcm_hw_params(void *, uint32_t *);
long snd_pcm_readi(void *, void *, unsigned long);
long snd_pcm_mmap_readi(void *, void *, unsigned long);
long snd_pcm_readn(void *, void **, unsigned long);
int pw_stream_connect(void *, int, uint32_t, int, void *, uint32_t);
int pw_stream_set_active(void *, _Bool);
struct spa {
	uint32_t n_metas, n_datas;
	void *metas;
	char *datas;
};
struct pw {
	struct spa *buffer;
};
struct pw *pw_stream_dequeue_buffer(void *);
void *jack_port_register(void *, const char *, const char *, unsigned long, unsigned long);
void *jack_port_get_buffer(void *, uint32_t);
int SSL_write(void *, const void *, int);
int SSL_write_ex(void *, const void *, size_t, size_t *);
int SSL_set_fd(void *, int);
void SSL_free(void *);
ssize_t gnutls_record_send(void *, const void *, size_t);
ssize_t gnutls_record_send2(void *, const void *, size_t, size_t, unsigned);
int32_t PR_Write(void *, const void *, int32_t);
int32_t PR_Send(void *, const void *, int32_t, int, uint32_t);
int opus_encode(void *, const int16_t *, int, unsigned char *, int);
int opus_encode_float(void *, const float *, int, unsigned char *, int);
int srtp_protect(void *, void *, int *);

static FILE *out;
static unsigned char text[40000];

/* What the helper is to hand over: the first 16384 bytes at most. */
static void told(const char *name, size_t bytes, const void *data, size_t have)
{
	const unsigned char *byte = data;

	fprintf(out, "%s %zu ", name, bytes);
	for (size_t i = 0; data && i < have && i < 16384; i++)
		fprintf(out, "%02x", byte[i]);
	fputc('\n', out);
}

static void once(int i)
{
	static unsigned char data[40000], other[40000];
	void *planes[] = { data, other };
	const void *peeked;
	size_t bytes, done;
	unsigned char packet[64];
	struct pw *pw;
	long frames;
	int n, length;

	pa_stream_peek(text, &peeked, &bytes);
	pa_stream_peek(text, &peeked, &bytes); /* again: the same */
	told("read1", bytes, peeked, bytes);
	pa_stream_drop(text);
	pa_stream_drop(text); /* nothing peeked: nothing read */

	bytes = 100 + 2000 * (i % 9);
	if (!pa_simple_read(text, data, bytes, NULL))
		told("read2", bytes, data, bytes);
	pa_simple_read(text, data, 0, NULL); /* fails */

	frames = snd_pcm_readi(text, data, 100 + i % 50);
	told("read3", frames * 4, data, frames * 4);
	frames = snd_pcm_mmap_readi(text, data, 64);
	told("read3", frames * 4, data, frames * 4);
	snd_pcm_readi(text, data, 0); /* fails */
	frames = snd_pcm_readn(text, planes, 200);
	told("read3", frames * 4, data, frames * 2);

	pw = pw_stream_dequeue_buffer(text);
	if (pw)
		told("read4", 1024, *(unsigned char **)(pw->buffer->datas + 24) + 16, 1024);
	pw_stream_dequeue_buffer(text + 1); /* an output */

	void *port = jack_port_register(text, "in", "32 bit float mono audio", 1, 0);
	void *played = jack_port_register(text, "out", "32 bit float mono audio", 2, 0);
	told("read5", 1024, jack_port_get_buffer(port, 256), 1024);
	jack_port_get_buffer(played, 256);

	for (int j = 0; j < 5; j++) {
		n = SSL_write(text, text + i, 500 + i);
		if (n > 0)
			told("plain1", n, text + i, n);
	}
	SSL_write_ex(text, text + i, 20000, &done);
	told("plain1", done, text + i, done);
	n = gnutls_record_send(text, text + i, 300);
	told("plain2", n, text + i, n);
	n = gnutls_record_send2(text, text + i, 3000, 0, 0);
	told("plain2", n, text + i, n);
	uint32_t socket_type = 2, file_type = 1;
	void *tcp[] = { &socket_type }, *file[] = { &file_type };
	PR_Write(file, text, 77); /* nobody gets it */
	n = PR_Write(tcp, text + i, 77);
	told("plain3", n, text + i, n);
	n = PR_Send(tcp, text + i, 78, 0, 0);
	told("plain3", n, text + i, n);
	opus_encode(text, (int16_t *)(text + 2 * i), 960, packet, sizeof(packet));
	told("plain4", 1920, text + 2 * i, 1920);
	opus_encode_float(text, (float *)(text + 4 * i), 480, packet, sizeof(packet));
	told("plain5", 1920, text + 4 * i, 1920);
	length = 172;
	told("plain6", length, text, length);
	srtp_protect(text, text, &length);
}

int main(int argc, char **argv)
{
	uint32_t params[200] = { 0 };
	int calls = argc > 2 ? atoi(argv[1]) : 0;

	out = fopen(argv[2], "w");
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i * 31 + (i >> 8);
	if (getchar() == EOF)
		return 1;
	snd_pcm_hw_params(text, params);
	pw_stream_connect(text, 0, 0, 0, NULL, 0);
	pw_stream_connect(text + 1, 1, 0, 0, NULL, 0);
	SSL_set_fd(text, 5);
	pa_stream_cork(text, 0, NULL, NULL);
	pw_stream_set_active(text, 1);
	for (int i = 0; i < calls; i++)
		once(i);
	pa_stream_cork(text, 1, NULL, NULL);
	pw_stream_set_active(text, 0);
	SSL_free(text);
	fclose(out);
	puts("done");
	fflush(stdout);
	while (getchar() != EOF)
		;
	return 0;
}
