/*
 * enclosure: the fence (base/fence.h) around a session: which folders it reads
 * and writes.
 *
 * Runs on: the main thread, when the migrations have been read, root's rights
 * are given up and the state directory is open, and before the first database
 * is. From then on:
 *
 *	written		the data directory and the state directory, by commands
 *			that write; the folders for temporary files
 *	read		those, and what libraries need: /usr, /lib, /etc, /proc
 *
 * Nothing else is read, nothing else is written, no program is started.
 */
#ifndef FLEET_CLI_ENCLOSURE_H
#define FLEET_CLI_ENCLOSURE_H

#include "base/error.h"

struct session;

enum enclosure_choice {
	ENCLOSURE_OFF,
	ENCLOSURE_AUTO,	   /* where the kernel has fences */
	ENCLOSURE_REQUIRE, /* or not at all */
};

/* As run.sandbox says. ERROR_CONFIG: required, and not to be had. */
int enclosure_raise(struct session *session, struct error *err);

#endif
