/* Protects five RTP packets with the real libsrtp. Waits for a line before, says `done`, waits for its
 * standard input's end after; writes what it handed over as `plain6 BYTES HEX` lines. The few
 * declarations are those of <srtp2/srtp.h>, whose package is not needed so. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	void *library = dlopen(argc > 1 ? argv[1] : "libsrtp2.so.1", RTLD_NOW);
	FILE *out = argc > 2 ? fopen(argv[2], "w") : NULL;

	if (!library || !out)
		return 77;
	int (*init)(void) = dlsym(library, "srtp_init");
	int (*create)(void **, const void *) = dlsym(library, "srtp_create");
	void (*aes_80)(void *) = dlsym(library, "srtp_crypto_policy_set_rtp_default");
	int (*protect)(void *, void *, int *) = dlsym(library, "srtp_protect");
	struct policy {
		struct {
			int type;
			uint32_t value;
		} ssrc;
		char rtp[24], rtcp[24]; /* srtp_crypto_policy_t: four numbers, two of them enums */
		void *rest[12];
	} policy = { .ssrc = { 1, 0x01020304 } };
	static unsigned char key[30] = "thirty bytes of key and salt..";
	void *session = NULL;

	if (!init || !create || !aes_80 || !protect || init())
		return 77;
	aes_80(policy.rtp);
	aes_80(policy.rtcp);
	policy.rest[0] = key;
	if (create(&session, &policy) || getchar() == EOF)
		return 78;
	for (int n = 0; n < 5; n++) {
		unsigned char packet[12 + 160 + 32] = { 0x80, 0, 0, n, 0, 0, 0, 160, 1, 2, 3, 4 };
		int bytes = 12 + 160, before = bytes;

		memset(packet + 12, 0x55 + n, 160);
		fprintf(out, "plain6 %d ", bytes);
		for (int i = 0; i < bytes; i++)
			fprintf(out, "%02x", packet[i]);
		fputc('\n', out);
		if (protect(session, packet, &bytes) || bytes != before + 10)
			return 79;
	}
	fclose(out);
	puts("done");
	fflush(stdout);
	while (getchar() != EOF)
		;
	return 0;
}
