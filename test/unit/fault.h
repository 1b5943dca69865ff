/*
 * fault: what disks do, on purpose: a VFS of SQLite's that lets everything
 * through to the real one, and fails or calls back where it is told to.
 *
 * Runs on: the test's only thread. While open it is SQLite's default VFS.
 * Zero the struct, call fault_open(), set what is to happen, fault_close() when
 * every connection is closed.
 */
#ifndef FLEET_TEST_FAULT_H
#define FLEET_TEST_FAULT_H

#include <sqlite3.h>
#include <stdbool.h>

struct fault {
	/* Called before each write to a file whose path ends with `only`, or
	 * has it in it if that ends with "/"; without `only`, to the main file
	 * of any database. */
	void (*before_write)(struct fault *fault, const char *path);
	const char *only;

	/* Called when such a file has been opened, and nothing is read yet. */
	void (*after_open)(struct fault *fault, const char *path);
	int opens;		/* how many there were, this one included */

	/* Called after each unlock of such a file. */
	void (*after_unlock)(struct fault *fault, const char *path);
	void *self;		/* the callbacks' */
	int writes;		/* how many there were, this one included */
	bool fail_writes;	/* the disk is full */

	/* The journal is deleted (or, where `only` means it, ended by zeros
	 * over its header), and then the system says that it could not make
	 * that last: a COMMIT that happened returns an error. */
	bool late_failure;
	int late_failures;	/* how often */

	/* Our own. */
	sqlite3_vfs vfs;
	sqlite3_vfs *real;
	struct fault_methods *methods;
};

void fault_open(struct fault *fault);
void fault_close(struct fault *fault);

#endif
