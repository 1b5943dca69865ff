/*
 * lease: the proof that nobody else has a file open, and a door that keeps
 * others waiting while it is held.
 *
 * Runs on: any thread. No state but the kernel's, which belongs to the open
 * descriptor: closing that gives the lease back.
 *
 * A write lease is granted only to the sole opener of a file in the whole
 * system, whatever it has the file open for. From then on everybody else's
 * open() of that inode waits until the lease is given back, or until the kernel
 * takes it away by force (lease_break_ms() after the first of them asked). An
 * open() by this very process waits just the same: a leased file is used
 * through the leasing descriptor and no other. O_PATH, stat(), link() and
 * rename() ask for nothing and wait for nothing.
 *
 * The kernel tells of somebody who asks with SIGIO, which ends a process that
 * does not ignore it: lease_begin() does, once, before the first lease. Whether
 * somebody has asked is looked up, with lease_is_whole().
 *
 * Source: fcntl(2), "Leases", and fs/locks.c of Linux: generic_setlease(),
 * __break_lease(). File systems of the network, and some others, have none.
 */
#ifndef FLEET_BASE_LEASE_H
#define FLEET_BASE_LEASE_H

#include <stdbool.h>
#include <stdint.h>

/* Ignores SIGIO. Before the first lease. */
void lease_begin(void);

/* Takes a write lease on the open descriptor. False: somebody else has the file
 * open, it is not ours, or its file system has no leases. */
bool lease_take(int fd);

/* Gives it back, and keeps the descriptor. */
void lease_give_back(int fd);

/* True while the lease is held and nobody has asked for the file. False for
 * good once somebody has, also when the kernel has let him in by force. */
bool lease_is_whole(int fd);

/* How long an opener waits before the kernel lets him in by force. */
int64_t lease_break_ms(void);

#endif
