/* A client that loads its library long after it has started, as plug-ins do. `late LIBRARY TOLD`:
 * waits for a line, loads, says `loaded`; waits for a line, reads a hundred times, says `done`; writes
 * what it read as `read2 BYTES HEX` lines. */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	static unsigned char data[3840];
	FILE *out = fopen(argv[2], "w");

	if (argc < 3 || !out || getchar() == EOF)
		return 1;
	void *library = dlopen(argv[1], RTLD_NOW);
	if (!library)
		return fprintf(stderr, "%s\n", dlerror()), 1;
	int (*read)(void *, void *, size_t, int *) = dlsym(library, "pa_simple_read");
	puts("loaded");
	fflush(stdout);
	if (!read || getchar() == EOF)
		return 1;
	for (int i = 0; i < 100; i++) {
		read(data, data, sizeof(data), NULL);
		fprintf(out, "read2 %zu ", sizeof(data));
		for (size_t j = 0; j < sizeof(data); j++)
			fprintf(out, "%02x", data[j]);
		fputc('\n', out);
	}
	fclose(out);
	puts("done");
	fflush(stdout);
	while (getchar() != EOF)
		;
	return 0;
}
