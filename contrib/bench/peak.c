/*
 * peak: runs a command and notes the most memory that it had at any moment.
 *
 * usage: peak FILE COMMAND [ARGUMENT...]
 *
 * Writes the KiB into FILE; the exit status is the command's. The command is
 * begun without a copy of this process, whose own memory would otherwise count
 * for the command's.
 */
#include <err.h>
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct rusage usage;
	int status, rc;
	pid_t child;
	FILE *file;

	if (argc < 3) {
		fprintf(stderr, "usage: peak FILE COMMAND [ARGUMENT...]\n");
		return 64;
	}
	rc = posix_spawnp(&child, argv[2], NULL, NULL, argv + 2, environ);
	if (rc != 0) {
		errno = rc;
		err(127, "%s", argv[2]);
	}
	if (wait4(child, &status, 0, &usage) != child)
		err(1, "wait");
	file = fopen(argv[1], "we");
	if (file == NULL || fprintf(file, "%ld\n", usage.ru_maxrss) < 0 ||
	    fclose(file) != 0)
		err(1, "%s", argv[1]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
