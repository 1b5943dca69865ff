/*
 * sandpit: a fresh temporary folder for the tests of files and folders.
 *
 * sandpit_open() and sandpit_close() are a cmocka fixture: the test finds a
 * struct sandpit in its state, and everything is removed after it, whatever
 * modes it left behind.
 */
#ifndef FLEET_TEST_SANDPIT_H
#define FLEET_TEST_SANDPIT_H

#include <stdbool.h>
#include <sys/types.h>

struct sandpit {
	char *path; /* absolute and without links */
	int fd;	    /* open, O_RDONLY|O_DIRECTORY */
};

int sandpit_open(void **state);
int sandpit_close(void **state);

/* All of these assert that they work. Names are relative to the folder. */
void sandpit_folder(const struct sandpit *sandpit, const char *name);
void sandpit_file(const struct sandpit *sandpit, const char *name,
		  const char *content, mode_t mode);
void sandpit_link(const struct sandpit *sandpit, const char *target,
		  const char *name);

bool sandpit_has(const struct sandpit *sandpit, const char *name);

/* The number of descriptors that the process has open: a test that ends with
 * more than it began with has leaked one. */
int sandpit_descriptors(void);

/* What `work` returns (0 to 98) in a process that has a terminal. */
int sandpit_at_terminal(int (*work)(void *self), void *self);

/* Whether this process comes to one by the name /dev/tty. */
bool sandpit_has_terminal(void);

/* True under valgrind (or what else TEST_UNDER names), where limits and how a
 * process begins are not the system's. */
bool sandpit_is_emulated(void);

/* True there and with a sanitizer, where memory and how a process ends are not
 * the system's either. */
bool sandpit_is_watched(void);

#endif
