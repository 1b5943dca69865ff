/*
 * netfs: is a folder on a file system whose locks are in doubt.
 *
 * Runs on: any thread. No state, opens nothing.
 * SQLite and our own lock rely on locks that every opener sees. Over a network
 * that holds only if server, mount options and all clients agree, which nobody
 * can look up from here: so it is warned about and not refused.
 */
#ifndef FLEET_CLI_NETFS_H
#define FLEET_CLI_NETFS_H

/* "NFS", "SMB", "FUSE"...; NULL: a local file system, or it cannot be told.
 * Static storage. */
const char *netfs_name(int folder);

/* The same for a file system's magic number, as statfs() has it. */
const char *netfs_name_of(unsigned long magic);

#endif
