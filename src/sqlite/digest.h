/*
 * digest: a checksum over everything a database says, but for the ledger.
 *
 * Runs on: the thread of the connection. Only reads, in several statements: the
 * caller has a transaction open or keeps writers out.
 * Used as evidence that nobody has written since, for databases in WAL mode:
 * there the change counter in the header stands still.
 * Covered: the text of every schema object, user_version and application_id,
 * and every row of every ordinary table (shadow tables too, virtual ones not),
 * in row-id or primary-key order, with the type of each value. Not covered: row
 * ids that are no column (VACUUM may change them), the ledger and what is on
 * it, sqlite_stat tables (ANALYZE is no writing), and sqlite_sequence.
 * Time: one read of the whole file.
 */
#ifndef FLEET_SQLITE_DIGEST_H
#define FLEET_SQLITE_DIGEST_H

#include <stdbool.h>

#include "base/checksum.h"
#include "base/error.h"

struct sqlite3;

/* 64 hex digits to `out`; "" on failure. */
int digest_take(struct sqlite3 *db, const char *ledger,
		char out[CHECKSUM_HEX_BYTES], struct error *err);

/* *is_same: both say the same. */
int digest_compare(struct sqlite3 *one, struct sqlite3 *other,
		   const char *ledger, bool *is_same, struct error *err);

#endif
